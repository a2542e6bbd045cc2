// Package buildkit builds images from Dockerfiles with BuildKit, for several platforms, and has BuildKit push them.
// Where each platform has a BuildKit of its own, it joins what they pushed into one index.
package buildkit

import (
	"context"
	"errors"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// DefaultImage is the image of a BuildKit container that a Builder starts for itself. It is of the release whose client
// this program contains.
const DefaultImage = "moby/buildkit:v0.30.0"

// Builder builds with the BuildKits at its endpoints.
type Builder struct {
	// Endpoints are where BuildKits are; there is at least one.
	Endpoints []build.Endpoint
	// Keychain finds the credentials for registries. They stay here: BuildKit gets the tokens made of them, except
	// from a registry that knows no tokens.
	Keychain authn.Keychain
	// Registry joins what several BuildKits have pushed, and knows to which registries images may be pushed over plain
	// HTTP. How base images are pulled is up to BuildKit's own settings.
	Registry *registry.Client
	// Getenv looks up DOCKER_HOST and DOCKER_CERT_PATH, which lead to the Docker engine, and what a cache of type gha
	// needs to know of the runner.
	Getenv func(string) string
	// Image is that of a BuildKit container started for endpoint auto; "" is DefaultImage.
	Image string
	// Progress gets what BuildKit says, image by image.
	Progress progress.Sink
}

// Build builds the images side by side and pushes each as an index under its reference. It returns the digests of
// the indexes, in the order of specs. When several images fail, the error joins theirs; a *build.StepError among them
// means that a Dockerfile is to blame, and any other error that something the build needs has failed.
func (b *Builder) Build(ctx context.Context, specs []build.Spec) (_ []v1.Hash, err error) {
	daemons, err := b.connect(ctx, specs)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeAll(ctx, daemons)) }()
	digests, errs := make([]v1.Hash, len(specs)), make([]error, len(specs))
	turns := progress.NewTurns(len(specs))
	var images sync.WaitGroup
	for i, spec := range specs {
		images.Go(func() {
			log := newDisplay(spec, turns.Sink(i, b.Progress))
			digests[i], errs[i] = b.image(ctx, spec, daemons, log)
			log.close(errs[i])
			turns.Done(i)
		})
	}
	images.Wait()
	return digests, errors.Join(errs...)
}
