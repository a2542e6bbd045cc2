package rootfs

import "testing"

func TestFormat(t *testing.T) {
	for head, want := range map[string]string{
		"":                                 "an empty file",
		elfHeader(arm8):                    "an ELF binary for arm64",
		elfHeader(43):                      "an ELF binary for EM_SPARCV9, 64 bits, little-endian",
		elfHeader(arm8)[:40]:               "an ELF binary cut short",
		"MZ\x90\x00":                       "a PE binary (Windows)",
		"\xfe\xed\xfa\xcf1234":             "a Mach-O binary (macOS)",
		"\xca\xfe\xba\xbe\x00\x00\x00\x02": "a Mach-O binary (macOS)",
		"\xca\xfe\xba\xbe\x00\x00\x00\x41": "no program",
		"\x00asm\x01":                      "a WebAssembly module",
		"#!/bin/sh\n":                      "a script",
		"echo\n":                           "text without a #! line",
	} {
		if got := Format([]byte(head)); got != want {
			t.Errorf("%q: got %q, want %q", head, got, want)
		}
	}
}
