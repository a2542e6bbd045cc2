package rootfs

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"strings"
)

// Format says in words what the first bytes of a file make it: "an ELF binary for arm64", "a Mach-O binary (macOS)".
func Format(head []byte) string {
	switch {
	case len(head) == 0:
		return "an empty file"
	case bytes.HasPrefix(head, []byte(elf.ELFMAG)):
		return elfFormat(head)
	case bytes.HasPrefix(head, []byte("MZ")):
		return "a PE binary (Windows)"
	case isMachO(head):
		return "a Mach-O binary (macOS)"
	case bytes.HasPrefix(head, []byte("\x00asm")):
		return "a WebAssembly module"
	case bytes.HasPrefix(head, []byte("#!")):
		return "a script"
	case bytes.IndexByte(head, 0) < 0:
		return "text without a #! line"
	default:
		return "no program"
	}
}

func elfFormat(head []byte) string {
	if architecture := Architecture(head); architecture != "" {
		return "an ELF binary for " + architecture
	}
	k, ok := elfKindOf(head)
	if !ok {
		return "an ELF binary cut short"
	}
	bits := strings.TrimPrefix(k.class.String(), "ELFCLASS")
	order := map[elf.Data]string{elf.ELFDATA2LSB: "little", elf.ELFDATA2MSB: "big"}[k.data]
	return fmt.Sprintf("an ELF binary for %s, %s bits, %s-endian", k.machine, bits, order)
}

// isMachO knows binaries for one CPU, in both byte orders, and those for several.
func isMachO(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch binary.BigEndian.Uint32(head) {
	case 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe:
		return true
	case 0xcafebabe: // Java classes start so too, but then come their version numbers, which are larger
		return binary.BigEndian.Uint32(head[4:]) < 32
	}
	return false
}
