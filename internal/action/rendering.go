package action

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/fixing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/manifests"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
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
	// kustomized is what kustomize makes of it, which needs neither cluster nor registry; rendered that in the cluster's
	// namespace.
	kustomized func() (*kustomize.Result, error)
	rendered   func() (rendering, error)
	arrived    *arrivals
	// lookedUp looks up the images that are no input.
	lookedUp func()
	// reading is what the cluster has of the objects, or nil where it can't be read; apply says why.
	reading func() *apply.Reading
	// asked is what the API server makes of the pods of the objects.
	asked func() asked
}

func (d *deploy) newAhead(ctx context.Context) ahead {
	a := ahead{arrived: &arrivals{}, asked: sync.OnceValue(func() asked { return d.ask(ctx) })}
	a.rewritten = sync.OnceValues(func() (rewriting, error) { return d.setInMemory(ctx) })
	a.kustomized = sync.OnceValues(func() (*kustomize.Result, error) {
		r, err := a.rewritten()
		if err != nil {
			return nil, err
		}
		result, err := kustomize.Render(ctx, r.path, kustomize.Options{Content: r.content, Images: r.entries,
			RemoteFetch: d.config.RemoteResources, Arrived: a.arrived.add})
		if err != nil {
			return nil, status.Fault{Err: err}
		}
		return result, nil
	})
	a.rendered = sync.OnceValues(func() (rendering, error) {
		result, err := a.kustomized()
		if err != nil {
			return rendering{}, err
		}
		manifests.EnterNamespace(result.Objects, d.cluster.Namespace)
		return rendering{result, pods.References(manifests.Of(result.Objects), nil)}, nil
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
		reading, err := d.applier.Read(ctx, manifests.Of(r.Objects), d.applyOptions())
		if err != nil {
			return nil
		}
		return reading
	})
	return a
}

// arrivals are the kinds of objects and their namespaces, as they are rendered. That may be before the run is signed in
// to the cluster that has them.
type arrivals struct {
	mu      sync.Mutex
	waiting []arrival
	to      func(arrival)
}

type arrival struct {
	schema.GroupVersionKind
	namespace string
}

func (a *arrivals) add(u *unstructured.Unstructured) {
	a.mu.Lock()
	defer a.mu.Unlock()
	one := arrival{u.GroupVersionKind(), u.GetNamespace()}
	if a.to == nil {
		a.waiting = append(a.waiting, one)
		return
	}
	a.to(one)
}

// pass passes on what has come, and what will come.
func (a *arrivals) pass(to func(arrival)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.waiting {
		to(one)
	}
	a.waiting, a.to = nil, to
}

// readsAhead reports whether the cluster is asked about the objects before the images are known to be there. After a
// build, what was read would be old.
func (d *deploy) readsAhead() bool {
	return !d.config.PinDigest && !d.takes("build") && !d.takes("join")
}

// readAhead starts to read what the cluster has of the objects.
func (d *deploy) readAhead(ctx context.Context) {
	if d.readsAhead() {
		d.applier.Warm(ctx)
		d.arrived.pass(func(a arrival) {
			d.applier.Expect(ctx, a.GroupVersionKind, cmp.Or(a.namespace, d.cluster.Namespace))
		})
		go d.reading()
	}
}

// askAhead starts to ask the API server about pods, which takes what is known of the cluster but no image.
func (d *deploy) askAhead() {
	if d.readsAhead() && d.takes("plan") {
		go d.asked()
	}
}

// renderAhead starts to render, for which nobody has to sign in. The digests that pin-digest writes are known once the
// images are.
func (d *deploy) renderAhead() {
	if !d.config.PinDigest && d.takes("render") {
		go func() { _, _ = d.kustomized() }() // the step returns the error
	}
}

// lookUpAhead starts to look up the images that are no input.
func (d *deploy) lookUpAhead() {
	if !d.config.PinDigest && d.takes("plan") {
		go d.lookedUp()
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
