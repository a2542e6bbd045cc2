package yamltext

import "testing"

// Tags that YAML 1.1 or 1.2 reads as something else than text, or could by a stricter reader.
func TestPlain_string(t *testing.T) {
	for value, want := range map[string]bool{
		"v1": true, "latest": true, "1.2.3": true, "4f2a9c1": true, "127.0.0.1:5000/app": true, "sha256:0123": true,
		"a_b-c.d": true, "1e": true,
		"0123456789": false, "1234567": false, "1_000": false, "1.0": false, "1.": false, ".5": false, "1e3": false,
		"9e9": false, "12e03456": false,
		"6.8e+5": false, "0x1f": false, "0o17": false, "017": false, "08": false, "0b1": false, "12:30": false,
		"190:20:30": false, ".inf": false,
		".NaN": false, "-1": false, "+1": false, "true": false, "False": false, "yes": false, "NO": false, "on": false,
		"y": false, "null": false, "~": false, "": false,
		"2024-01-01": false, "2001-12-14t21:59:43.10-05:00": false, "=": false, "<<": false, "-foo": false, "@a": false,
		"a:": false, "a,b": false,
	} {
		if got := IsPlainString(value); got != want {
			t.Errorf("%q: %t, want %t", value, got, want)
		}
	}
}
