package assemble

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// Push pushes an index: layers and configs, then each platform's manifest, and last the index under its tag. Layers
// that the registry has in another repository are mounted from there where they come from it, and not sent.
func Push(ctx context.Context, ref name.Reference, index v1.ImageIndex, options ...remote.Option) error {
	pusher, err := remote.NewPusher(options...)
	if err != nil {
		return fmt.Errorf("setting up the registry client: %w", err)
	}
	return push(ctx, pusher, ref, index)
}

func push(ctx context.Context, pusher *remote.Pusher, ref name.Reference, index v1.ImageIndex) error {
	err := pusher.Push(ctx, ref, index)
	switch {
	case err == nil:
		return nil
	case hasStatus(err, http.StatusUnauthorized, http.StatusForbidden):
		return &build.RefusedError{Reference: ref, Err: err}
	}
	return fmt.Errorf("pushing image %q: %w; its tag is as it was, and the next run goes on from what the registry has already", ref, err)
}

func isNotFound(err error) bool { return hasStatus(err, http.StatusNotFound) }

// hasStatus tells whether a registry answered with one of the statuses.
func hasStatus(err error, statuses ...int) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && slices.Contains(statuses, answer.StatusCode)
}
