package image_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readsADigestOnce: what one run has found of a digest, a later one takes over, and reads no layer of it.
func readsADigestOnce(t *testing.T, program string) {
	registry := newCounted(nil)
	host := serve(t, registry)
	first, second := app(amd64, binaryFor("amd64")).image(t), app(arm64, binaryFor("arm64")).image(t)
	layers := []string{layerOf(t, first), layerOf(t, second)}
	push(t, host+"/good:1", indexOf(entry(first, &amd64), entry(second, &arm64)))
	cache := filepath.Join(t.TempDir(), "cache")
	for _, step := range []struct {
		name   string
		before func()
		reads  int // of each layer, in all
	}{
		{"a_first_run_reads_the_layers", func() {}, 1},
		{"a_second_run_does_not", func() {}, 1},
		{"a_file_that_is_cut_off_counts_for_nothing", func() {
			changeFiles(t, cache, func(s string) string { return s[:len(s)/2] })
		}, 2},
		{"a_file_of_another_layer_counts_for_nothing", func() {
			changeFiles(t, cache, func(s string) string { return strings.ReplaceAll(s, `"Digest":"sha256:`, `"Digest":"sha256:0`) })
		}, 3},
		{"a_file_of_another_release_counts_for_nothing", func() {
			changeFiles(t, cache, func(s string) string { return strings.ReplaceAll(s, `"checker":"`, `"checker":"v0`) })
		}, 4},
		{"what_was_read_anew_is_kept", func() {}, 4},
	} {
		step.before()
		o := run(t, program, nil, "--verify-cache", cache, host+"/good:1")
		if o.status != 0 || len(o.report.Images[0].Findings) > 0 {
			t.Errorf("%s: status %d, %v", step.name, o.status, o.report.Images[0].Findings)
		}
		for _, layer := range layers {
			if reads := registry.blobs()[layer]; reads != step.reads {
				t.Errorf("%s: layer %s was read %d times by now, want %d", step.name, layer, reads, step.reads)
			}
		}
	}
}

// findsTheLiesAgain: of an image that is not what it says nothing is kept, so that each run finds the same.
func findsTheLiesAgain(t *testing.T, program string) {
	host := newRegistry(t)
	args := []string{"--verify-cache", filepath.Join(t.TempDir(), "cache")}
	for _, l := range append(honest(t), lying(t)...) {
		if l.want == nil {
			args = append(args, push(t, host+"/"+l.name+":1", l.push).String())
		}
	}
	first, again := run(t, program, nil, args...), run(t, program, nil, args...)
	if diff := cmp.Diff(first.report.Images, again.report.Images); diff != "" || first.status != 1 || again.status != 1 {
		t.Errorf("status %d, then %d, want 1; the second run against the first:\n%s", first.status, again.status, diff)
	}
}

func changeFiles(t *testing.T, dir string, change func(string) string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %d files", err, len(files))
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(change(string(content))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
