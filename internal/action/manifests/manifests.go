// Package manifests is the kustomization of a run and what it renders to: where each object was written, what of it a
// plan can't judge, and the object with its patch.
package manifests

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

// Manifests are the kustomization and what it renders to.
type Manifests struct {
	Path string
	// Edited is the content of the kustomization file once it is written.
	Edited []byte
	// Entries are the images as the kustomization names them.
	Entries []types.Image
	// Objects are what is applied, and where each was written.
	Objects []kustomize.Object
}

// Unstructured are the objects alone.
func (m Manifests) Unstructured() []*unstructured.Unstructured { return Of(m.Objects) }

// Of returns the objects without their sources.
func Of(objects []kustomize.Object) []*unstructured.Unstructured {
	var list []*unstructured.Unstructured
	for _, o := range objects {
		list = append(list, o.Unstructured)
	}
	return list
}

// Locate adds the file and line of the object that a finding is about. One that names no namespace in its manifest has
// that of the deploy once it is applied.
func (m Manifests) Locate(f finding.Finding) finding.Finding {
	if f.File != "" || f.Object == "" {
		return f
	}
	for _, is := range []func(string, kustomize.Object) bool{isNamed, isNamedBesideNamespace} {
		if at := slices.IndexFunc(m.Objects, func(o kustomize.Object) bool { return is(f.Object, o) }); at >= 0 {
			f.File, f.Line = m.Objects[at].Source.File, m.Objects[at].Source.ContainerLine(f.Container)
			return f
		}
	}
	return f
}

// isNamed reports whether an object, as object.ID writes it, is the one of a manifest.
func isNamed(id string, o kustomize.Object) bool { return id == object.ID(o.GroupVersionKind(), o) }

// isNamedBesideNamespace is isNamed for a manifest without a namespace and an object in one.
func isNamedBesideNamespace(id string, o kustomize.Object) bool {
	kind, isKind := strings.CutSuffix(object.ID(o.GroupVersionKind(), o), o.GetName())
	name, isName := strings.CutPrefix(id, kind)
	_, name, isNamespaced := strings.Cut(name, "/")
	return o.GetNamespace() == "" && isKind && isName && isNamespaced && name == o.GetName()
}

// Located adds to findings where their objects are written.
func (m Manifests) Located(findings []finding.Finding) []finding.Finding {
	for i, f := range findings {
		findings[i] = m.Locate(f)
	}
	return findings
}

// UsedBy adds the first container that uses an image to a finding about it, and where it is written.
func (m Manifests) UsedBy(reference string, f finding.Finding) finding.Finding {
	for _, o := range m.Objects {
		for _, t := range template.Of(o.Unstructured) {
			for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
				if c.Image == reference {
					f.Object, f.Container = object.ID(o.GroupVersionKind(), o), c.Name
					return m.Locate(f)
				}
			}
			if slices.ContainsFunc(t.Spec.Volumes, func(v corev1.Volume) bool {
				return v.Image != nil && v.Image.Reference == reference
			}) {
				f.Object = object.ID(o.GroupVersionKind(), o)
				return m.Locate(f)
			}
		}
	}
	return f
}
