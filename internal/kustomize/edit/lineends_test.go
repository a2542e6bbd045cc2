package edit

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// variants are the same kustomization in another form, and the way back from what is made of it.
var variants = []struct {
	name     string
	to, back func(string) string
}{
	{"crlf", toCRLF, fromCRLF},
	{"cr", func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
		func(s string) string { return strings.ReplaceAll(s, "\r", "\n") }},
	{"byte_order_mark", func(s string) string { return "\ufeff" + s },
		func(s string) string { return strings.TrimPrefix(s, "\ufeff") }},
	{"byte_order_mark_and_crlf", func(s string) string { return "\ufeff" + toCRLF(s) },
		func(s string) string { return fromCRLF(strings.TrimPrefix(s, "\ufeff")) }},
}

func toCRLF(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// fromCRLF marks line ends that are not CRLF.
func fromCRLF(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\x00"), "\n", "<LF>"), "\x00", "\n")
}

// ends are what a file may end in.
var ends = []struct{ name, add string }{
	{"as_it_is", ""}, {"comment", "# the end\n"}, {"comment_without_line_end", "# the end"}, {"document_end", "...\n"},
	{"document_end_without_line_end", "..."},
	{"document_end_with_comment", "... # end\n# more\n"}, {"blank_lines", "\n\n"}, {"blanks", "  \n"},
	{"blanks_without_line_end", "  "}, {"tab", "\t\n"}, {"tab_without_line_end", "\t"},
}

// TestSetImages_keeps_line_ends sets the images of each case in all of these forms. What is made of a form must be the
// same form of what is made of the file with LF.
func TestSetImages_keeps_line_ends(t *testing.T) {
	cases, err := filepath.Glob("testdata/set/*/in.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	tried := 0
	for _, in := range cases {
		content := load(t, in)
		if strings.ContainsAny(content, "\r\u0085\u2028\u2029\ufeff\x00") {
			continue
		}
		images := readImages(t, filepath.Dir(in))
		for _, end := range ends {
			for _, whole := range []bool{true, false} {
				plain := content + end.add
				if !whole {
					plain = strings.TrimRight(content, "\n") + end.add
				}
				if !strings.Contains(plain, "\n") {
					continue // it has no line end to keep
				}
				want, _, wantErr := SetImages("k", []byte(plain), images)
				for _, v := range variants {
					got, _, gotErr := SetImages("k", []byte(v.to(plain)), images)
					tried++
					if (wantErr == nil) != (gotErr == nil) {
						t.Errorf("%s, %s, %s, final line end %t: error %v, with LF %v", in, v.name, end.name, whole, gotErr, wantErr)
						continue
					}
					if wantErr == nil {
						if diff := cmp.Diff(string(want), v.back(string(got))); diff != "" {
							t.Errorf("%s, %s, %s, final line end %t:\n%s", in, v.name, end.name, whole, diff)
						}
					}
				}
			}
		}
	}
	t.Logf("%d forms", tried)
}
