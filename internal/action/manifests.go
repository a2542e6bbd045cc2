package action

import (
	"context"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/files"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/annotation"
)

// manifests are the kustomization and what it renders to.
type manifests struct {
	path string
	// edited is the content of the kustomization file once it is written.
	edited []byte
	// entries are the images as the kustomization names them.
	entries []types.Image
	// objects are what is applied, and where each was written.
	objects []kustomize.Object
}

// unstructured are the objects alone.
func (m manifests) unstructured() []*unstructured.Unstructured { return unstructuredOf(m.objects) }

func unstructuredOf(objects []kustomize.Object) []*unstructured.Unstructured {
	var list []*unstructured.Unstructured
	for _, o := range objects {
		list = append(list, o.Unstructured)
	}
	return list
}

// locate adds the file and line of the object that a finding is about. One that names no namespace in its manifest has
// that of the deploy once it is applied.
func (m manifests) locate(f finding.Finding) finding.Finding {
	if f.File != "" || f.Object == "" {
		return f
	}
	for _, is := range []func(string, kustomize.Object) bool{isNamed, isNamedBesideNamespace} {
		if at := slices.IndexFunc(m.objects, func(o kustomize.Object) bool { return is(f.Object, o) }); at >= 0 {
			f.File, f.Line = m.objects[at].Source.File, m.objects[at].Source.ContainerLine(f.Container)
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

// located adds to findings where their objects are written.
func (m manifests) located(findings []finding.Finding) []finding.Finding {
	for i, f := range findings {
		findings[i] = m.locate(f)
	}
	return findings
}

// rewrite sets the images in the kustomization, in memory. The file is written once nothing speaks against the deploy.
func (d *deploy) rewrite(context.Context) error {
	r, err := d.rewritten()
	if err != nil {
		return err
	}
	d.path, d.edited, d.entries, d.edits = r.path, r.content, r.entries, r.edits
	for _, edit := range d.edits {
		d.say("%s:%d: %s -> %s", edit.File, edit.Line, edit.Name, edit.After)
	}
	return nil
}

// imageEntries are the images as a kustomization names them, with the index's digest where it is to be pinned.
func (d *deploy) imageEntries(ctx context.Context) ([]types.Image, error) {
	if d.config.PinDigest {
		if err := d.enterRegistries(ctx, d.config.Images); err != nil {
			return nil, err
		}
		d.images.Resolve(ctx, references(d.config.Images))
	}
	var entries []types.Image
	for _, in := range d.config.Images {
		entry := types.Image{Name: in.Name, NewName: in.Repository(), NewTag: in.Reference.Identifier()}
		if d.config.PinDigest {
			result := d.images.Result(in.Reference)
			if result.Err != nil {
				return nil, d.unresolved(result.Err)
			}
			entry.Digest = result.Image.Digest.String()
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// unresolved is the error for an image whose digest can't be pinned. What the registry itself says of it is
// a finding, and may be one already.
func (d *deploy) unresolved(err error) error {
	f, known := d.asFinding(err)
	if !known {
		return err
	}
	if status.OfFindings(d.findings) == nil {
		d.find(f)
	}
	return status.OfFindings(d.findings)
}

// render renders the edited kustomization and finds the image names that no manifest uses.
func (d *deploy) render(context.Context) error {
	result, err := d.rendered()
	if err != nil {
		return err
	}
	d.objects = result.Objects
	d.say("%s", finding.Counted(len(d.objects), "object"))
	d.find(result.Findings...)
	d.find(d.located(d.wrongAnnotations())...)
	return nil
}

// wrongAnnotations refuses annotations of this tool that it could not follow later.
func (d *deploy) wrongAnnotations() []finding.Finding {
	var findings []finding.Finding
	for _, o := range d.objects {
		for _, p := range annotation.Check(o.Unstructured) {
			findings = append(findings, finding.Finding{
				Code: finding.AnnotationInvalid, Severity: finding.Error, Object: object.ID(o.GroupVersionKind(), o),
				Message: object.Name(o.GetKind(), o) + ": " + p.What + ".", Fix: p.Fix,
			})
		}
	}
	return findings
}

// besideWorkloads are kinds that the plan joins with the workloads of their namespace.
var besideWorkloads = []schema.GroupKind{
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"},
	{Kind: "PersistentVolumeClaim"},
	{Kind: "LimitRange"},
}

// write puts the edited bytes into the kustomization file.
func (d *deploy) write(context.Context) error {
	return files.Write(d.path, d.edited)
}
