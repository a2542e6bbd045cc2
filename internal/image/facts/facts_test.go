package facts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type about struct{ Digest, Platform string }

type found struct{ Programs []string }

var (
	app  = about{"sha256:0", "linux/arm64"}
	what = found{[]string{"/app"}}
)

func kept(t *testing.T) (dir, file string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "a", "b")
	store, err := Open(dir)
	if err == nil {
		err = store.Put(app, what)
	}
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v: want one file", files, err)
	}
	return dir, files[0]
}

func TestStore_has_facts_for_a_later_run(t *testing.T) {
	dir, _ := kept(t)
	store, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got found
	if !store.Get(app, &got) || len(got.Programs) != 1 || got.Programs[0] != "/app" {
		t.Errorf("got %v", got)
	}
	if other := (about{"sha256:0", "linux/amd64"}); store.Get(other, &got) {
		t.Error("something else has the same fact")
	}
	if (*Store)(nil).Get(app, &got) || (*Store)(nil).Put(app, what) != nil {
		t.Error("no store has facts, or refuses one")
	}
}

func TestStore_takes_no_other_file_for_a_fact(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(t *testing.T, file string, content []byte)
	}{
		{"cut_off", func(t *testing.T, file string, content []byte) { write(t, file, content[:len(content)/2]) }},
		{"empty", func(t *testing.T, file string, _ []byte) { write(t, file, nil) }},
		{"too_long", func(t *testing.T, file string, content []byte) {
			write(t, file, append(content, strings.Repeat(" ", maxFact)...))
		}},
		{"about_something_else", func(t *testing.T, file string, content []byte) {
			write(t, file, []byte(strings.Replace(string(content), "arm64", "amd64", 1)))
		}},
		{"of_another_form", func(t *testing.T, file string, content []byte) {
			write(t, file, []byte(strings.Replace(string(content), `"Programs":`, `"Scripts":`, 1)))
		}},
		{"a_link", func(t *testing.T, file string, content []byte) {
			aside := filepath.Join(t.TempDir(), "aside")
			write(t, aside, content)
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(aside, file); err != nil {
				t.Fatal(err)
			}
		}},
		{"a_folder", func(t *testing.T, file string, _ []byte) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(file, 0o700); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, file := kept(t)
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			test.change(t, file, content)
			store, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			var got found
			if store.Get(app, &got) {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestStore_leaves_nothing_half_written(t *testing.T) {
	dir, file := kept(t)
	if err := os.Chmod(file, 0o400); err != nil { // it is replaced, not written into
		t.Fatal(err)
	}
	store, err := Open(dir)
	if err == nil {
		err = store.Put(app, found{[]string{"/other"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("%v, %v: want one file", files, err)
	}
	var got found
	if !store.Get(app, &got) || got.Programs[0] != "/other" {
		t.Errorf("got %v", got)
	}
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
