package action

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

// registries are those of the images, each once.
func registries(images []inputs.Image) []string {
	var hosts []string
	for _, img := range images {
		if host := img.Reference.Context().RegistryStr(); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// enterRegistries signs in to the images' registries. With a trust that was set up a moment ago that may take longer than
// a registry is waited for, so it is done before any is asked.
func (d *deploy) enterRegistries(ctx context.Context) error {
	for _, host := range registries(d.config.Images) {
		registry, err := name.NewRegistry(host)
		if err != nil {
			return err
		}
		credential, err := authn.Resolve(ctx, d.keychain, registry)
		if err == nil {
			_, err = authn.Authorization(ctx, credential)
		}
		if err != nil {
			return fmt.Errorf("signing in to %s: %w", host, err)
		}
	}
	return nil
}

// withGrant adds the role that is missing to a push that was refused, where the sign-in knows it.
func (d *deploy) withGrant(err error) error {
	var refused *build.RefusedError
	if !errors.As(err, &refused) {
		return err
	}
	if advice := d.grant(refused.Reference.Context().Name(), true); advice != "" {
		return fmt.Errorf("%w\n%s", err, advice)
	}
	return err
}
