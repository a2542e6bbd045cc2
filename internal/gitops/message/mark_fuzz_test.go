package message

import (
	"strings"
	"testing"
)

// FuzzMark reads messages as anyone may write them. What this tool writes is read back, and a line behind the mark
// makes a message a person's.
func FuzzMark(f *testing.F) {
	for _, seed := range []string{
		"Deploy v2\n\napp: v1 -> v2\n\nMultiarch-Deploy: run=7 revision=4f2a",
		"Sell more (#6)\n\n* Deploy v2\r\n\r\n  Multiarch-Deploy: run=7 revision=4f2a\r\n",
		"| image | before | after |\n| --- | --- | --- |\n| `app` |  | `v2` |\n\nMultiarch-Deploy: " +
			"run=18446744073709551616 revision=",
		"Multiarch-Deploy: run=-1 revision=\x00\nCo-authored-by: a",
		"",
	} {
		f.Add(seed, int64(7), "4f2a")
	}
	f.Fuzz(func(t *testing.T, message string, run int64, revision string) {
		if _, ours := ParseMark(message); !ours && len(ImagesOf(message)) > 0 {
			t.Errorf("images %v of a message that is not ours", ImagesOf(message))
		}
		if _, ours := ParseMark(message + "\n\nmore"); ours {
			t.Error("a line behind the mark was overlooked")
		}
		if run < 0 || strings.ContainsAny(revision, " \t\r\n\v\f") {
			return
		}
		written := Mark{Run: run, Revision: revision}
		read, ours := ParseMark(message + "\n\napp: v1 -> v2\n\n" + written.String() + "\n")
		if !ours || read != written {
			t.Errorf("got %+v, %v; want %+v", read, ours, written)
		}
		if images := ImagesOf(message + "\n\napp: v1 -> v2\n\n" + written.String()); images["app"] != "v2" {
			t.Errorf("images %v", images)
		}
	})
}
