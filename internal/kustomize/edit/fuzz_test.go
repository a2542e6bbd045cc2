package edit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// FuzzSetImages holds SetImages to its promise without looking at how it is kept:
// the result parses, and the values before and after differ in image entries alone; those read as `kustomize edit set
// image` would leave them; all text before images and behind them stands; and once set, images are set.
func FuzzSetImages(f *testing.F) {
	cases, err := filepath.Glob("testdata/set/*/in.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range cases {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content, "registry/app", "127.0.0.1:5000/app", "4f2a9c1", "")
		f.Add(content, "registry/app", "registry/app", "1e3", "sha256:0123")
		f.Add(content, "registry/web", "", "", "sha256:0123")
	}
	f.Fuzz(func(t *testing.T, content []byte, name, newName, tag, digest string) {
		images := []types.Image{{Name: name, NewName: newName, NewTag: tag, Digest: digest}}
		edited, edits, err := SetImages("kustomization.yaml", bytes.Clone(content), images)
		if err != nil {
			return // refused, and nothing was changed
		}
		if (edits == nil) != bytes.Equal(edited, content) {
			t.Fatalf("%d edits, and equal is %t", len(edits), bytes.Equal(edited, content))
		}
		sameValues(t, content, edited, images[0])
		sameLines(t, string(content), string(edited))
		sameBreaks(t, string(content), string(edited))
		if again, edits, err := SetImages("kustomization.yaml", edited, images); err != nil || edits != nil ||
			!bytes.Equal(again, edited) {
			t.Fatalf("set once more: edits %v, error %v, text\n%s", edits, err, again)
		}
	})
}

// sameValues compares all fields, with images as kustomize's own type, edited as `kustomize edit set image` does:
// https://github.com/kubernetes-sigs/kustomize/blob/master/kustomize/commands/edit/set/setimage.go
func sameValues(t *testing.T, before, after []byte, image types.Image) {
	t.Helper()
	want, wantImages, err := valuesOf(before)
	if err != nil {
		return // a number for a name, in an entry that isn't ours: kustomize refuses the file, before as after
	}
	got, gotImages, err := valuesOf(after)
	if err != nil {
		t.Fatalf("%v:\n%s\nto\n%s", err, before, after)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("another field changed:\n%s\nto\n%s\n%s", before, after, diff)
	}
	found := false
	for i := range wantImages {
		if wantImages[i].Name == image.Name {
			wantImages[i].NewName, wantImages[i].NewTag, wantImages[i].Digest = image.NewName, image.NewTag, image.Digest
			found = true
		}
	}
	if !found {
		wantImages = append(wantImages, image)
	}
	for _, list := range [][]types.Image{wantImages, gotImages} {
		for i := range list {
			list[i].NewName = repository(list[i])
		}
	}
	if diff := cmp.Diff(wantImages, gotImages); diff != "" {
		t.Fatalf("images:\n%s\nto\n%s\n%s", before, after, diff)
	}
}

func valuesOf(content []byte) (map[string]any, []types.Image, error) {
	var fields map[string]any
	var kustomization struct{ Images []types.Image }
	if err := errors.Join(yaml.Unmarshal(content, &fields), yaml.Unmarshal(content, &kustomization)); err != nil {
		return nil, nil, err
	}
	for key := range fields {
		if strings.EqualFold(key, "images") {
			delete(fields, key)
		}
	}
	return fields, kustomization.Images, nil
}

// sameLines allows a line to change only from where images begins to where the next field does.
func sameLines(t *testing.T, before, after string) {
	t.Helper()
	doc, err := parse("before", []byte(before))
	if err != nil {
		return
	}
	head, tail := len(before), 0
	if doc.images.Key != nil {
		head = doc.Offset(doc.images.Key)
		tail = len(before) - doc.nextField()
	}
	if doc.Root.Style != 0 {
		head, tail = min(head, doc.Offset(doc.Root)), 0
	}
	if marker, isMarked := doc.DocumentEnd(); isMarked {
		head = min(head, marker)
	}
	if !strings.HasPrefix(after, before[:head]) || !strings.HasSuffix(after, before[len(before)-tail:]) {
		t.Fatalf("text outside images changed:\n%q\nto\n%q", before, after)
	}
}

// sameBreaks keeps a file with one kind of line end to that kind.
func sameBreaks(t *testing.T, before, after string) {
	t.Helper()
	kinds := func(text string) (crlf, lf, cr int) {
		crlf = strings.Count(text, "\r\n")
		return crlf, strings.Count(text, "\n") - crlf, strings.Count(text, "\r") - crlf
	}
	crlf, lf, cr := kinds(before)
	newCRLF, newLF, newCR := kinds(after)
	// others than these three
	if crlf+lf+cr == 0 || len(strings.FieldsFunc(before, func(r rune) bool { return r > '~' })) > 1 {
		return
	}
	if crlf == 0 && newCRLF > 0 || lf == 0 && newLF > 0 || cr == 0 && newCR > 0 {
		t.Fatalf("another kind of line end:\n%q\nto\n%q", before, after)
	}
}

// nextField is where the field after images begins.
func (k *kustomization) nextField() int {
	for i := 0; i+2 < len(k.Root.Content); i += 2 {
		if k.Root.Content[i] == k.images.Key {
			return k.Offset(k.Root.Content[i+2])
		}
	}
	return len(k.Content)
}
