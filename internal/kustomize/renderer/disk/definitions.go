package disk

import (
	"errors"
	"path/filepath"
	"slices"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/schemas"
)

// Definitions decide which files kustomize reads without the schemas of their definitions.
type Definitions struct {
	// Aside has the schemas that are out of the files; nil where they stay in all of them.
	Aside *schemas.Aside
	// whole are the real paths of the files in which they stay, since a patch may be about them.
	whole map[string]bool
	// below: a kustomization that was read in this pass names a schema, so that they stay in whatever is read after it.
	below bool
	// again: this pass is to be followed by one in which schemas stay in more files.
	Again bool
}

var errSchemaNamed = errors.New("a schema is named, so that it has to stay in its file")

func (d *Definitions) begin() {
	if d.below, d.Again = false, false; d.Aside != nil {
		d.Aside.Begin()
	}
}

// withoutSchemas is the content of a file as kustomize gets it.
func (f *FS) withoutSchemas(path string, content []byte) ([]byte, error) {
	d := &f.Definitions
	switch {
	case d.Aside == nil:
		return content, nil
	case !d.Aside.Names(content):
		if d.below || d.whole[path] {
			return content, nil
		}
		return d.Aside.Take(content), nil
	case isKustomization(path) && !isComponent(content): // what it does, it does to what it names, which is read next
		d.below = true
		return content, nil
	}
	patched, ok := f.patched(path)
	if !ok {
		d.Aside = nil
		return nil, errSchemaNamed
	}
	for _, file := range patched {
		d.Again = d.Again || !d.whole[file]
		d.whole[file] = true
	}
	if d.Again {
		return nil, errSchemaNamed
	}
	return content, nil
}

// patched are the files that a patch may be about: those that were read for the last kustomization that names it.
func (f *FS) patched(patch string) (paths []string, ok bool) {
	for _, file := range slices.Backward(f.Kustomizations) {
		var k types.Kustomization
		if k.Unmarshal(file.Content) != nil || !slices.Contains(patchesOf(k, filepath.Dir(file.Real)), patch) {
			continue
		}
		begin := len(f.All) - 1
		for begin >= 0 && f.All[begin] != file.Real {
			begin--
		}
		return f.All[begin+1:], !isComponent(file.Content)
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
