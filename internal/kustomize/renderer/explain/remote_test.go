package explain

import "testing"

func TestIsRemote(t *testing.T) {
	for value, want := range map[string]bool{
		"https://example.com/a.yaml": true, "HTTP://example.com/a": true, "github.com/a/b": true,
		"github.com/a/b/c?ref=v1": true, "git@example.com:a/b": true,
		"ssh://git@example.com/a/b": true, "git::https://example.com/a/b.git": true, "file:///a/b": true,
		"key=https://example.com/x": true,
		"../base":                   false, "app.yaml": false, "a/b/c": false, "example.com/a/b": false, "/abs": false,
		"key=file.txt": false,
		"":             false,
	} {
		if got := isRemote(value); got != want {
			t.Errorf("%q: %t, want %t", value, got, want)
		}
	}
}
