package fixing

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/archpatches"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// PatchesPath is the path of the file of patches beside a kustomization in the repository.
func PatchesPath(kustomization string) string {
	return path.Join(path.Dir(kustomization), archpatches.FileName)
}

// Files makes the edit on what a branch has: of the kustomization at a place in the repository, and of the patches.
func (x *Fix) Files(place string, files map[string][]byte) (map[string][]byte, error) {
	file := PatchesPath(place)
	if _, err := archpatches.Parse(file, files[file]); err != nil {
		return nil, status.Fault{Err: err}
	}
	text := archpatches.Format(x.Patches)
	kustomization, err := patched(place, files[place], text)
	if err != nil {
		return nil, status.Fault{Err: err}
	}
	edited := map[string][]byte{place: kustomization, file: nil}
	if text != "" {
		like := files[file]
		if like == nil {
			like = kustomization
		}
		edited[file] = archpatches.Like(like, text)
	}
	return edited, nil
}

// OnlyPatches reports whether only fixes have made the difference.
func OnlyPatches(place string, before, after map[string][]byte) bool {
	file := PatchesPath(place)
	plain, err := edit.RemovePatch(place, before[place], archpatches.FileName)
	now, errNow := edit.RemovePatch(place, after[place], archpatches.FileName)
	_, errFile := archpatches.Parse(file, after[file])
	return errors.Join(err, errNow, errFile) == nil && bytes.Equal(plain, now)
}

// List are the changed patches for a commit message, one per line, in words that no image reference is made of.
func List(changes []report.Patch) string {
	var lines []string
	for _, c := range changes {
		if c.Action != report.PatchUnchanged {
			lines = append(lines, fmt.Sprintf("- %s the patch of %s", c.Action, c.Object))
		}
	}
	return strings.Join(lines, "\n")
}
