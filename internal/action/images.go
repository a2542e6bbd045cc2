package action

import (
	"context"
	"errors"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// images are what the registries have under the references of a run. They are safe for concurrent use: images of others
// are looked up while those of the inputs are verified.
type images struct {
	registry *registry.Client
	resolver *image.Client
	// built are the digests of the indexes that this run has pushed, by the reference's full name.
	built map[string]v1.Hash

	mu *sync.Mutex
	// resolved are the results by the reference's full name, so that none is looked up twice.
	resolved map[string]image.Result
}

func newImages() images {
	return images{mu: &sync.Mutex{}, resolved: map[string]image.Result{}, built: map[string]v1.Hash{}}
}

// result is what a reference led to; the zero value where it was not looked up.
func (i *images) result(ref name.Reference) image.Result {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.resolved[ref.Name()]
}

func (i *images) setResult(ref name.Reference, result image.Result) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.resolved[ref.Name()] = result
}

// resolve looks references up, side by side, and each only once in a run.
func (i *images) resolve(ctx context.Context, refs []name.Reference) {
	var unknown []name.Reference
	for _, ref := range refs {
		if known := i.result(ref); known.Image == nil && known.Err == nil {
			unknown = append(unknown, ref)
		}
	}
	for at, result := range i.resolver.Resolve(ctx, unknown) {
		i.setResult(unknown[at], result)
	}
}

// inspect reads what the resolved ones of the references would start. What a registry says against it takes the place
// of the image's result.
func (i *images) inspect(ctx context.Context, refs []name.Reference) {
	var found []*image.Image
	for _, ref := range refs {
		if img := i.result(ref).Image; img != nil {
			found = append(found, img)
		}
	}
	for at, err := range i.resolver.Inspect(ctx, found...) {
		if err != nil {
			i.setResult(found[at].Reference, image.Result{Err: err})
		}
	}
}

// offers says what the registries have under each of the references that could be read.
func (i *images) offers(references []string) map[string]platform.Offer {
	offers := map[string]platform.Offer{}
	for _, text := range references {
		ref, err := image.ParseReference(text)
		if err != nil {
			continue
		}
		if img := i.result(ref).Image; img != nil {
			offers[text] = platform.Offer{Index: img.Index, Platforms: img.Platforms()}
		}
	}
	return offers
}

func references(images []inputs.Image) []name.Reference {
	var refs []name.Reference
	for _, in := range images {
		refs = append(refs, in.Reference)
	}
	return refs
}

// isRefusal reports whether the registry itself says that an image is not there or not for this run.
func isRefusal(err error) (*image.Error, bool) {
	var refused *image.Error
	return refused, errors.As(err, &refused)
}
