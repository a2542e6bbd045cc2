package manifests

import (
	"cmp"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/patch"
)

// PatchTargets are the names by which patches in the kustomization find the objects.
func (m Manifests) PatchTargets() map[*unstructured.Unstructured]patch.Target {
	targets := map[*unstructured.Unstructured]patch.Target{}
	for _, o := range m.Objects {
		targets[o.Unstructured] = patch.Target(o.Target)
	}
	return targets
}

// Patch puts the objects that the plan has patched in the place of those that it judged.
func (m Manifests) Patch(verdicts []placement.Verdict) {
	patched := map[*unstructured.Unstructured]*unstructured.Unstructured{}
	for _, v := range verdicts {
		patched[v.Source] = v.Object
	}
	for i, o := range m.Objects {
		m.Objects[i].Unstructured = cmp.Or(patched[o.Unstructured], o.Unstructured)
	}
}
