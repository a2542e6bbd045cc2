package action

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/fixing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

// rewriting is the kustomization with the images set in it.
type rewriting struct {
	path string
	// content is that of the file once it is written.
	content []byte
	// entries are the images as the kustomization names them.
	entries []types.Image
	edits   []edit.Change
}

// rendering is what a rewriting renders to.
type rendering struct {
	*kustomize.Result
	// references are the images of the objects.
	references []string
}

// ahead are the manifests' steps as functions that do their work once, whoever needs it first: what needs no image is
// done while images are built and verified.
type ahead struct {
	rewritten func() (rewriting, error)
	rendered  func() (rendering, error)
	// lookedUp looks up the images that are no input.
	lookedUp func()
	// reading is what the cluster has of the objects, or nil where it can't be read; apply says why.
	reading func() *apply.Reading
}

func (d *deploy) newAhead(ctx context.Context) ahead {
	var a ahead
	a.rewritten = sync.OnceValues(func() (rewriting, error) { return d.setInMemory(ctx) })
	a.rendered = sync.OnceValues(func() (rendering, error) {
		r, err := a.rewritten()
		if err != nil {
			return rendering{}, err
		}
		result, err := kustomize.Render(ctx, r.path,
			kustomize.Options{Content: r.content, Images: r.entries, RemoteFetch: d.config.RemoteResources})
		if err != nil {
			return rendering{}, status.Fault{Err: err}
		}
		enterNamespace(result.Objects, d.cluster.Namespace)
		return rendering{result, placement.References(unstructuredOf(result.Objects), nil)}, nil
	})
	a.lookedUp = sync.OnceFunc(func() {
		if r, err := a.rendered(); err == nil { // an error is returned by the step
			d.images.Resolve(ctx, d.foreign(r.references))
		}
	})
	a.reading = sync.OnceValue(func() *apply.Reading {
		r, err := a.rendered()
		if err != nil {
			return nil
		}
		reading, err := d.applier.Read(ctx, unstructuredOf(r.Objects), d.applyOptions())
		if err != nil {
			return nil
		}
		return reading
	})
	return a
}

// enterNamespace gives workloads that name no namespace the one that apply would give them, so that they are called
// the same from here on, and what the plan joins with them. Custom kinds wait for apply, which knows their scope.
func enterNamespace(objects []kustomize.Object, namespace string) {
	for _, o := range objects {
		group := o.GroupVersionKind().Group
		joined := template.MakesPods(o.Unstructured) && !strings.Contains(group, ".") ||
			slices.Contains(besideWorkloads, o.GroupVersionKind().GroupKind())
		if joined && o.GetNamespace() == "" && namespace != "" {
			o.SetNamespace(namespace)
		}
	}
}

// readAhead starts to read what the cluster has of the objects. After a build, that would be old.
func (d *deploy) readAhead(ctx context.Context) {
	if !d.config.PinDigest && !d.takes("build") && !d.takes("join") {
		d.applier.Warm(ctx)
		go d.reading()
	}
}

// workAhead starts what needs no image. The digests that pin-digest writes are known once the images are.
func (d *deploy) workAhead() {
	switch {
	case d.config.PinDigest:
	case d.takes("plan"):
		go d.lookedUp()
	case d.takes("render"):
		go func() { _, _ = d.rendered() }() // the step returns the error
	}
}

// foreign are the references that are no input.
func (d *deploy) foreign(references []string) []name.Reference {
	var list []name.Reference
	for _, text := range references {
		if ref, err := image.ParseReference(text); err == nil && !d.isInput(ref) {
			list = append(list, ref)
		}
	}
	return list
}

// setInMemory sets the images without writing the file.
func (d *deploy) setInMemory(ctx context.Context) (rewriting, error) {
	path, err := kustomize.Find(d.config.Kustomization)
	if err != nil {
		return rewriting{}, status.Fault{Err: err}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return rewriting{}, status.Fault{Err: fmt.Errorf("reading the kustomization: %w", err)}
	}
	if d.fixes() {
		if d.written, content, err = fixing.Read(path, content); err != nil {
			return rewriting{}, status.Fault{Err: err}
		}
	}
	entries, err := d.imageEntries(ctx)
	if err != nil {
		return rewriting{}, err
	}
	edited, edits, err := edit.SetImages(path, content, entries)
	if err != nil {
		return rewriting{}, status.Fault{Err: err}
	}
	return rewriting{path, edited, entries, edits}, nil
}
