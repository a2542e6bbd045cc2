package rootfs

import (
	"debug/elf"
	"encoding/binary"
	"os"
	"runtime"
	"testing"
)

func TestArchitecture(t *testing.T) {
	for _, test := range []struct {
		machine elf.Machine
		class   elf.Class
		data    elf.Data
		want    string
	}{
		{elf.EM_386, elf.ELFCLASS32, elf.ELFDATA2LSB, "386"},
		{elf.EM_X86_64, elf.ELFCLASS64, elf.ELFDATA2LSB, "amd64"},
		{elf.EM_ARM, elf.ELFCLASS32, elf.ELFDATA2LSB, "arm"},
		{elf.EM_AARCH64, elf.ELFCLASS64, elf.ELFDATA2LSB, "arm64"},
		{elf.EM_RISCV, elf.ELFCLASS64, elf.ELFDATA2LSB, "riscv64"},
		{elf.EM_S390, elf.ELFCLASS64, elf.ELFDATA2MSB, "s390x"},
		{elf.EM_PPC64, elf.ELFCLASS64, elf.ELFDATA2LSB, "ppc64le"},
		{elf.EM_PPC64, elf.ELFCLASS64, elf.ELFDATA2MSB, "ppc64"},
		{elf.EM_MIPS, elf.ELFCLASS32, elf.ELFDATA2MSB, "mips"},
		{elf.EM_MIPS, elf.ELFCLASS64, elf.ELFDATA2LSB, "mips64le"},
		{elf.EM_SPARCV9, elf.ELFCLASS64, elf.ELFDATA2MSB, ""},
		{elf.EM_X86_64, elf.ELFCLASSNONE, elf.ELFDATA2LSB, ""},
	} {
		head := make([]byte, 64)
		copy(head, elf.ELFMAG)
		head[elf.EI_CLASS], head[elf.EI_DATA] = byte(test.class), byte(test.data)
		var order binary.ByteOrder = binary.LittleEndian
		if test.data == elf.ELFDATA2MSB {
			order = binary.BigEndian
		}
		order.PutUint16(head[18:], uint16(test.machine))
		if got := Architecture(head); got != test.want {
			t.Errorf("%v %v %v: got %q, want %q", test.machine, test.class, test.data, got, test.want)
		}
	}
}

func TestArchitecture_of_this_program(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Logf("%s programs are not ELF; the table above stands alone", runtime.GOOS)
		return
	}
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	head, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := Architecture(head[:HeadSize]); got != runtime.GOARCH {
		t.Errorf("got %q, want %q", got, runtime.GOARCH)
	}
}
