package renderer

import (
	"errors"
	"path/filepath"
	"slices"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/schemas"
)

// definitions decide which files kustomize reads without the schemas of their definitions.
type definitions struct {
	// aside has the schemas that are out of the files; nil where they stay in all of them.
	aside *schemas.Aside
	// whole are the real paths of the files in which they stay, since a patch may be about them.
	whole map[string]bool
	// below: a kustomization that was read in this pass names a schema, so that they stay in whatever is read after it.
	below bool
	// again: this pass is to be followed by one in which schemas stay in more files.
	again bool
}

// mostPasses is how often a render begins anew for the sake of files in which schemas stay.
const mostPasses = 8

var errSchemaNamed = errors.New("a schema is named, so that it has to stay in its file")

func (d *definitions) begin() {
	if d.below, d.again = false, false; d.aside != nil {
		d.aside.Begin()
	}
}

// withoutSchemas is the content of a file as kustomize gets it.
func (f *files) withoutSchemas(path string, content []byte) ([]byte, error) {
	d := &f.definitions
	switch {
	case d.aside == nil:
		return content, nil
	case !d.aside.Names(content):
		if d.below || d.whole[path] {
			return content, nil
		}
		return d.aside.Take(content), nil
	case isKustomization(path) && !isComponent(content): // what it does, it does to what it names, which is read next
		d.below = true
		return content, nil
	}
	patched, ok := f.patched(path)
	if !ok {
		d.aside = nil
		return nil, errSchemaNamed
	}
	for _, file := range patched {
		d.again = d.again || !d.whole[file]
		d.whole[file] = true
	}
	if d.again {
		return nil, errSchemaNamed
	}
	return content, nil
}

// patched are the files that a patch may be about: those that were read for the last kustomization that names it.
func (f *files) patched(patch string) (paths []string, ok bool) {
	for _, file := range slices.Backward(f.read) {
		var k types.Kustomization
		if k.Unmarshal(file.content) != nil || !slices.Contains(patchesOf(k, filepath.Dir(file.real)), patch) {
			continue
		}
		begin := len(f.all) - 1
		for begin >= 0 && f.all[begin] != file.real {
			begin--
		}
		return f.all[begin+1:], !isComponent(file.content)
	}
	return nil, false
}

// patchesOf are the paths of a kustomization's files of patches, in fields that are deprecated too: repositories still
// have them.
func patchesOf(k types.Kustomization, folder string) (paths []string) {
	for _, p := range slices.Concat(k.Patches, k.PatchesJson6902) { //nolint:staticcheck // see above
		paths = append(paths, filepath.Join(folder, p.Path))
	}
	for _, p := range k.PatchesStrategicMerge { //nolint:staticcheck // see above
		paths = append(paths, filepath.Join(folder, string(p)))
	}
	return paths
}

// isComponent reports whether a kustomization acts on what others have read before it.
func isComponent(content []byte) bool {
	var k types.Kustomization
	return k.Unmarshal(content) != nil || k.Kind == types.ComponentKind
}
