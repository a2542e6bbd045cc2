// Package fixing keeps the patches that a plan asks for in a file beside the kustomization: it finds out which are new,
// which stay and which may go, proves by a render that each does what was planned, and writes them.
package fixing

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/archpatches"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/files"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// Written is what an earlier fix has left.
type Written struct {
	kustomization, file []byte
	patches             []archpatches.Patch
}

// Read reads the patches of an earlier fix, and returns the content of the kustomization without them.
func Read(path string, content []byte) (Written, []byte, error) {
	if target, err := os.Readlink(path); err == nil {
		return Written{}, nil, fmt.Errorf("%s is a symbolic link to %s, and the patches must be beside the file itself; "+
			"name its folder in the input kustomization", path, target)
	}
	w := Written{kustomization: content}
	var err error
	if w.file, w.patches, err = archpatches.Read(path); err != nil {
		return Written{}, nil, err
	}
	content, err = edit.RemovePatch(path, content, archpatches.FileName)
	return w, content, err
}

// Options are what a fix is made of. Its plan is of the manifests without the patches that it wrote before: those are
// no wish of the user's, and whether they are still needed is the question.
type Options struct {
	Written Written
	// Path is the kustomization's, and Edited its content without the patches.
	Path        string
	Edited      []byte
	RemoteFetch bool
	// Objects are what it renders to, as the plan has patched them.
	Objects []kustomize.Object

	// Planned is what the plan was asked, and Verdicts what it answered.
	Planned  placement.Request
	Verdicts []placement.Verdict
	// Platforms are those that images are to have.
	Platforms []v1.Platform

	// Offers are what registries have under references, of those that could be read.
	Offers func(references []string) map[string]platform.Offer
	// Foreign are the programs that nodes could not load.
	Foreign func(context.Context, []v1.Platform) map[landing.ContainerKey][]landing.Foreign
	Find    func(...finding.Finding)
}

// Fix is what becomes of the patches.
type Fix struct {
	Options
	// Patches are to be in the file, and Changes is what becomes of each and of the others.
	Patches []archpatches.Patch
	Changes []report.Patch
	// Needless: neither is there a patch, nor was there one.
	Needless bool
}

// wantedPatch is a patch that the plan asks for.
type wantedPatch struct {
	archpatches.Patch
	// at is the index of the object, and object what the patch is to make of it.
	at     int
	object *unstructured.Unstructured
}

// Plan finds out which patches are to be in the file.
func (x *Fix) Plan(ctx context.Context) error {
	wanted, err := x.wantedPatches()
	if err != nil {
		return err
	}
	kept, err := x.keptPatches(ctx, wanted)
	if err != nil {
		return err
	}
	if wanted, err = x.proven(ctx, wanted, kept); err != nil {
		return status.Fault{Err: err}
	}
	x.Patches = slices.Clone(kept)
	for _, w := range wanted {
		x.Patches = append(x.Patches, w.Patch)
		x.notePatch(w.Patch)
	}
	report.SortPatches(x.Changes)
	x.Needless = len(x.Changes) == 0
	return nil
}

// wantedPatches are those of the plan. The templates of one object share a patch.
func (x *Fix) wantedPatches() ([]wantedPatch, error) {
	var list []wantedPatch
	for _, v := range x.Verdicts {
		if !v.Patched {
			continue
		}
		if strings.HasPrefix(v.Patch, "-") {
			x.Find(unkeepable(v))
			continue
		}
		p, err := archpatches.New(v.Patch, slices.Concat(v.Reason.Why, v.Reason.Until))
		if err != nil {
			return nil, fmt.Errorf("the patch of %s: %w", idOf(v.Object), err)
		}
		if i := slices.IndexFunc(list, func(w wantedPatch) bool { return w.object == v.Object }); i >= 0 {
			if list[i].Patch, err = list[i].With(p); err != nil {
				return nil, fmt.Errorf("the patch of %s: %w", idOf(v.Object), err)
			}
			continue
		}
		at := slices.IndexFunc(x.Objects, func(o kustomize.Object) bool { return o.Unstructured == v.Object })
		list = append(list, wantedPatch{p, at, v.Object})
	}
	return list, nil
}

// unkeepable is the finding for a template in a list: only a JSON patch reaches it, which names no object by itself.
func unkeepable(v placement.Verdict) finding.Finding {
	return finding.Finding{Code: v.Findings[0].Code, Severity: finding.Error, Object: idOf(v.Object), Fix: v.Fix,
		Message: fmt.Sprintf("%s has its pod template in a list, and the patch for it can't be kept in %s. List it in a "+
			"file of its own.", object.Name(v.Object.GetKind(), v.Object), archpatches.FileName)}
}

// notePatch notes what becomes of a patch in the file.
func (x *Fix) notePatch(p archpatches.Patch) {
	change := report.Patch{Object: p.String(), Action: report.PatchAdded, Reason: p.Reason()}
	if at := slices.IndexFunc(x.Written.patches,
		func(old archpatches.Patch) bool { return old.Target == p.Target }); at >= 0 {
		change.Action = report.PatchUpdated
		if x.Written.patches[at] == p {
			change.Action = report.PatchUnchanged
		}
	}
	x.Changes = append(x.Changes, change)
}

// namings are the names and namespaces by which kustomize may know an object when it applies the patches of a
// kustomization, the likeliest first: its bases may have renamed it before, and the kustomization itself does so later.
func namings(o kustomize.Object, rendered *unstructured.Unstructured) [][2]string {
	name := cmp.Or(o.Target.Name, rendered.GetName())
	return [][2]string{{o.Target.Namespace, name}, {rendered.GetNamespace(), name}, {"", name}}
}

// proven returns the patches under the names by which kustomize finds their objects, once a render has shown that each
// comes to what was planned.
func (x *Fix) proven(ctx context.Context, wanted []wantedPatch, kept []archpatches.Patch) ([]wantedPatch, error) {
	if err := x.tryPatches(ctx, wanted, kept); err == nil {
		return wanted, nil
	}
	var proven []wantedPatch // one after the other, each under its first name that does
	for _, w := range wanted {
		var problems []error
		for _, naming := range namings(x.Objects[w.at], w.object) {
			var err error
			if w.Patch, err = w.In(naming[0], naming[1]); err != nil {
				return nil, err
			}
			if err = x.tryPatches(ctx, append(slices.Clone(proven), w), kept); err == nil {
				problems = nil
				break
			}
			problems = append(problems, err)
		}
		if len(problems) > 0 {
			return nil, fmt.Errorf("the patch of %s can't be kept in %s: %w", idOf(w.object), archpatches.FileName, problems[0])
		}
		proven = append(proven, w)
	}
	return proven, nil
}

// tryPatches renders the kustomization with patches, and compares what they make of their objects with the plan.
func (x *Fix) tryPatches(ctx context.Context, wanted []wantedPatch, kept []archpatches.Patch) error {
	patches := slices.Clone(kept)
	for _, w := range wanted {
		patches = append(patches, w.Patch)
	}
	if len(patches) == 0 {
		return nil
	}
	content, err := edit.AddPatch(x.Path, x.Edited, archpatches.FileName)
	if err != nil {
		return err
	}
	result, err := kustomize.Render(ctx, x.Path, kustomize.Options{
		Content: content, Beside: map[string][]byte{archpatches.FileName: []byte(archpatches.Format(patches))},
		RemoteFetch: x.RemoteFetch,
	})
	if err != nil {
		return err
	}
	for _, w := range wanted {
		if w.at >= len(result.Objects) || !sameButNamespace(result.Objects[w.at].Unstructured, w.object) {
			return errors.New("something else in the kustomization, such as a patch or a replacement, changes the same " +
				"fields; make the change there by hand")
		}
	}
	return nil
}

// sameButNamespace compares a rendered object with one that has got the namespace of the deploy since.
func sameButNamespace(rendered, planned *unstructured.Unstructured) bool {
	if rendered.GetNamespace() == "" {
		rendered.SetNamespace(planned.GetNamespace())
	}
	a, errA := json.Marshal(rendered.Object)
	b, errB := json.Marshal(planned.Object)
	return errA == nil && errB == nil && string(a) == string(b)
}

// Write writes the two files, so that at no moment the kustomization lists a file that is not there.
func (x *Fix) Write() error {
	path, text := archpatches.Path(x.Path), archpatches.Format(x.Patches)
	kustomization, err := patched(x.Path, x.Written.kustomization, text)
	if err != nil {
		return status.Fault{Err: err}
	}
	if text != "" {
		like := x.Written.file
		if like == nil {
			like = kustomization
		}
		if err := files.WriteBeside(x.Path, path, archpatches.Like(like, text)); err != nil {
			return err
		}
	}
	if err := files.Write(x.Path, kustomization); err != nil {
		return err
	}
	if text == "" && x.Written.file != nil {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("removing %s, which has no patches any more: %w", filepath.Clean(path), err)
		}
	}
	return nil
}

// patched is a kustomization that lists the file of patches, or does not where the file has none.
func patched(path string, content []byte, patches string) ([]byte, error) {
	if patches == "" {
		return edit.RemovePatch(path, content, archpatches.FileName)
	}
	return edit.AddPatch(path, content, archpatches.FileName)
}
