package action

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

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/archpatches"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// fixing is what the command fix works on. Its plan is of the manifests without the patches that it wrote before: those
// are no wish of the user's, and whether they are still needed is the question.
type fixing struct {
	// written are the kustomization and the file of patches as they are, and the patches in it.
	written struct {
		kustomization, file []byte
		patches             []archpatches.Patch
	}
	// planned is what the plan was asked.
	planned placement.Request
	// patches are to be in the file, patchChanges is what becomes of each and of the others.
	patches      []archpatches.Patch
	patchChanges []report.Patch
}

// wantedPatch is a patch that the plan asks for.
type wantedPatch struct {
	archpatches.Patch
	// at is the index of the object, and object what the patch is to make of it.
	at     int
	object *unstructured.Unstructured
}

// fixes reports whether the run is one of the command fix.
func (d *deploy) fixes() bool { return d.takes("fix") }

// withoutPatches reads the patches of an earlier fix, and returns the kustomization without them.
func (d *deploy) withoutPatches(path string, content []byte) ([]byte, error) {
	if target, err := os.Readlink(path); err == nil {
		return nil, fmt.Errorf("%s is a link to %s, and the patches belong beside the file itself; name its folder in the "+
			"input kustomization", path, target)
	}
	d.written.kustomization = content
	var err error
	if d.written.file, d.written.patches, err = archpatches.Read(path); err != nil {
		return nil, err
	}
	return edit.RemovePatch(path, content, archpatches.FileName)
}

// fix puts the patches that the plan asks for into the file of patches, and lists that in the kustomization.
func (d *deploy) fix(ctx context.Context) error {
	wanted, err := d.wantedPatches()
	if err != nil {
		return err
	}
	kept, err := d.keptPatches(ctx, wanted)
	if err != nil {
		return err
	}
	if wanted, err = d.proven(ctx, wanted, kept); err != nil {
		return status.Fault{Err: err}
	}
	d.patches = slices.Clone(kept)
	for _, w := range wanted {
		d.patches = append(d.patches, w.Patch)
		d.notePatch(w.Patch)
	}
	report.SortPatches(d.patchChanges)
	for _, c := range d.patchChanges {
		d.say("%s", c.Line())
	}
	if d.config.DryRun {
		return nil
	}
	return d.writePatches()
}

// wantedPatches are those of the plan. The templates of one object share a patch.
func (d *deploy) wantedPatches() ([]wantedPatch, error) {
	var list []wantedPatch
	for _, v := range d.verdicts {
		if !v.Patched {
			continue
		}
		if strings.HasPrefix(v.Patch, "-") {
			d.find(d.located([]finding.Finding{unkeepable(v)})...)
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
		at := slices.IndexFunc(d.objects, func(o kustomize.Object) bool { return o.Unstructured == v.Object })
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
func (d *deploy) notePatch(p archpatches.Patch) {
	change := report.Patch{Object: p.String(), Action: report.PatchAdded, Reason: p.Reason()}
	if at := slices.IndexFunc(d.written.patches,
		func(old archpatches.Patch) bool { return old.Target == p.Target }); at >= 0 {
		change.Action = report.PatchUpdated
		if d.written.patches[at] == p {
			change.Action = report.PatchUnchanged
		}
	}
	d.patchChanges = append(d.patchChanges, change)
}

// namings are the names and namespaces by which kustomize may know an object when it applies the patches of a
// kustomization, the likeliest first: its bases may have renamed it before, and the kustomization itself does so later.
func namings(o kustomize.Object, rendered *unstructured.Unstructured) [][2]string {
	name := cmp.Or(o.Target.Name, rendered.GetName())
	return [][2]string{{o.Target.Namespace, name}, {rendered.GetNamespace(), name}, {"", name}}
}

// proven returns the patches under the names by which kustomize finds their objects, once a render has shown that each
// comes to what was planned.
func (d *deploy) proven(ctx context.Context, wanted []wantedPatch, kept []archpatches.Patch) ([]wantedPatch, error) {
	if err := d.tryPatches(ctx, wanted, kept); err == nil {
		return wanted, nil
	}
	var proven []wantedPatch // one after the other, each under its first name that does
	for _, w := range wanted {
		var problems []error
		for _, naming := range namings(d.objects[w.at], w.object) {
			var err error
			if w.Patch, err = w.In(naming[0], naming[1]); err != nil {
				return nil, err
			}
			if err = d.tryPatches(ctx, append(slices.Clone(proven), w), kept); err == nil {
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
func (d *deploy) tryPatches(ctx context.Context, wanted []wantedPatch, kept []archpatches.Patch) error {
	patches := slices.Clone(kept)
	for _, w := range wanted {
		patches = append(patches, w.Patch)
	}
	if len(patches) == 0 {
		return nil
	}
	content, err := edit.AddPatch(d.path, d.edited, archpatches.FileName)
	if err != nil {
		return err
	}
	result, err := kustomize.Render(ctx, d.path, kustomize.Options{
		Content: content, Beside: map[string][]byte{archpatches.FileName: []byte(archpatches.Format(patches))},
		RemoteFetch: d.config.RemoteResources,
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

// writePatches writes the two files, so that at no moment the kustomization lists a file that is not there.
func (d *deploy) writePatches() error {
	path, text := archpatches.Path(d.path), archpatches.Format(d.patches)
	kustomization, err := patched(d.path, d.written.kustomization, text)
	if err != nil {
		return status.Fault{Err: err}
	}
	if text != "" {
		like := d.written.file
		if like == nil {
			like = kustomization
		}
		if err := edit.WriteBeside(d.path, path, archpatches.Like(like, text)); err != nil {
			return err
		}
	}
	if err := edit.Write(d.path, kustomization); err != nil {
		return err
	}
	if text == "" && d.written.file != nil {
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

// policy is the one that the plan follows: fix writes what pin does, or spread.
func (d *deploy) policy() placement.Policy {
	if d.fixes() && d.config.ArchPolicy != placement.Spread {
		return placement.Pin
	}
	return d.config.ArchPolicy
}
