package rootfs

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// machines maps what an ELF header says to GOARCH. Where both byte orders exist, the key says which.
// https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
var machines = map[elfKind]string{
	{elf.EM_386, elf.ELFCLASS32, elf.ELFDATA2LSB}:       "386",
	{elf.EM_X86_64, elf.ELFCLASS64, elf.ELFDATA2LSB}:    "amd64",
	{elf.EM_ARM, elf.ELFCLASS32, elf.ELFDATA2LSB}:       "arm",
	{elf.EM_AARCH64, elf.ELFCLASS64, elf.ELFDATA2LSB}:   "arm64",
	{elf.EM_RISCV, elf.ELFCLASS64, elf.ELFDATA2LSB}:     "riscv64",
	{elf.EM_S390, elf.ELFCLASS64, elf.ELFDATA2MSB}:      "s390x",
	{elf.EM_PPC64, elf.ELFCLASS64, elf.ELFDATA2LSB}:     "ppc64le",
	{elf.EM_PPC64, elf.ELFCLASS64, elf.ELFDATA2MSB}:     "ppc64",
	{elf.EM_MIPS, elf.ELFCLASS32, elf.ELFDATA2MSB}:      "mips",
	{elf.EM_MIPS, elf.ELFCLASS32, elf.ELFDATA2LSB}:      "mipsle",
	{elf.EM_MIPS, elf.ELFCLASS64, elf.ELFDATA2MSB}:      "mips64",
	{elf.EM_MIPS, elf.ELFCLASS64, elf.ELFDATA2LSB}:      "mips64le",
	{elf.EM_LOONGARCH, elf.ELFCLASS64, elf.ELFDATA2LSB}: "loong64",
}

type elfKind struct {
	machine elf.Machine
	class   elf.Class
	data    elf.Data
}

// headerSizes: a file that ends within its header is no ELF binary to Linux.
var headerSizes = map[elf.Class]int{elf.ELFCLASS32: binary.Size(elf.Header32{}),
	elf.ELFCLASS64: binary.Size(elf.Header64{})}

// Architecture reads the first bytes of a file and returns the GOARCH of an ELF binary; "" for anything else, a header
// cut short, or a machine that Go has no name for.
func Architecture(head []byte) string {
	k, ok := elfKindOf(head)
	if !ok {
		return ""
	}
	return machines[k]
}

// elfKindOf fails for what is no ELF header, or not a whole one.
func elfKindOf(head []byte) (elfKind, bool) {
	if len(head) < elf.EI_NIDENT || !bytes.HasPrefix(head, []byte(elf.ELFMAG)) {
		return elfKind{}, false
	}
	k := elfKind{class: elf.Class(head[elf.EI_CLASS]), data: elf.Data(head[elf.EI_DATA])}
	if size := headerSizes[k.class]; size == 0 || len(head) < size {
		return elfKind{}, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if k.data == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	k.machine = elf.Machine(order.Uint16(head[18:])) // e_machine follows e_ident and e_type in both classes
	return k, true
}

// Known reports whether Architecture can return the GOARCH.
func Known(architecture string) bool {
	for _, known := range machines {
		if known == architecture {
			return true
		}
	}
	return false
}
