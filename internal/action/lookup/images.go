// Package lookup asks the registries for the images of a run, each once, and puts in words what they do not answer.
package lookup

import (
	"context"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/inspect"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// Images are what the registries have under the references of a run. They are safe for concurrent use: images of others
// are looked up while those of the inputs are verified.
type Images struct {
	// Registry, Client and Inspector are set once the run is signed in.
	Registry  *registry.Client
	Client    *image.Client
	Inspector *inspect.Inspector

	mu sync.Mutex
	// resolved are the results by the reference's full name, so that none is looked up twice.
	resolved map[string]image.Result
}

// New returns images of which none is looked up yet.
func New() *Images {
	return &Images{resolved: map[string]image.Result{}}
}

// Result is what a reference led to; the zero value where it was not looked up.
func (i *Images) Result(ref name.Reference) image.Result {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.resolved[ref.Name()]
}

func (i *Images) setResult(ref name.Reference, result image.Result) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.resolved[ref.Name()] = result
}

// Resolve looks references up, side by side, and each only once in a run.
func (i *Images) Resolve(ctx context.Context, refs []name.Reference) {
	var unknown []name.Reference
	for _, ref := range refs {
		if known := i.Result(ref); known.Image == nil && known.Err == nil {
			unknown = append(unknown, ref)
		}
	}
	for at, result := range i.Client.Resolve(ctx, unknown) {
		i.setResult(unknown[at], result)
	}
}

// Inspect reads what the resolved ones of the references would start. What a registry says against it takes the place
// of the image's result.
func (i *Images) Inspect(ctx context.Context, refs []name.Reference) {
	var found []*image.Image
	for _, ref := range refs {
		if img := i.Result(ref).Image; img != nil {
			found = append(found, img)
		}
	}
	for at, err := range i.Inspector.Inspect(ctx, found...) {
		if err != nil {
			i.setResult(found[at].Reference, image.Result{Err: err})
		}
	}
}

// Image is what a reference led to; nil where that is not known.
func (i *Images) Image(reference string) *image.Image {
	ref, err := image.ParseReference(reference)
	if err != nil {
		return nil
	}
	return i.Result(ref).Image
}

// Offers says what the registries have under each of the references that could be read.
func (i *Images) Offers(references []string) map[string]platform.Offer {
	offers := map[string]platform.Offer{}
	for _, text := range references {
		if img := i.Image(text); img != nil {
			offers[text] = platform.Offer{Index: img.Index, Platforms: img.Platforms()}
		}
	}
	return offers
}
