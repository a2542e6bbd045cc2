package assemble

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// userAgent names this program in the registries' logs.
const userAgent = "multiarch-deploy"

// Builder assembles images and pushes them.
type Builder struct {
	// Keychain finds the credentials for registries; nil is anonymous.
	Keychain authn.Keychain
	// Transport carries the requests; nil is DefaultTransport.
	Transport http.RoundTripper
	// PlainHTTP names the registries ("host:port") that may be spoken to over plain HTTP; those on loopback may always.
	PlainHTTP []string
	// Backoff spaces the attempts after 429, 5xx and broken connections; the zero Backoff makes three within about 1.2 s.
	Backoff remote.Backoff
}

// DefaultTransport follows the proxy variables, and gives up on a registry that takes more than a minute to answer a
// request once it has all of it.
func DefaultTransport() http.RoundTripper {
	transport := remote.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = time.Minute
	return transport
}

// Build assembles and pushes images, side by side, and returns the digests of their indexes, in their order. Nothing is
// pushed before all of them are known to be whole: the error is a *build.Fault when a base or an artifact lacks a
// platform, or an artifact is for another CPU. Of each image the index goes up last, under its tag, so a tag never leads
// to half an image.
func (b *Builder) Build(ctx context.Context, specs []build.Spec) ([]v1.Hash, error) {
	options := b.options()
	puller, err := remote.NewPuller(options...)
	if err != nil {
		return nil, fmt.Errorf("setting up the registry client: %w", err)
	}
	indexes, err := b.prepareAll(ctx, puller, specs)
	if err != nil {
		return nil, err
	}
	pusher, err := remote.NewPusher(options...)
	if err != nil {
		return nil, fmt.Errorf("setting up the registry client: %w", err)
	}
	digests := make([]v1.Hash, len(specs))
	return digests, each(len(specs), func(i int) (err error) {
		ref, err := b.reachable(specs[i].Reference)
		if err != nil {
			return err
		}
		if err := push(ctx, pusher, ref, indexes[i]); err != nil {
			return err
		}
		digests[i], err = indexes[i].Digest()
		return err
	})
}

// options are those of both clients.
func (b *Builder) options() []remote.Option {
	transport := b.Transport
	if transport == nil {
		transport = DefaultTransport()
	}
	options := []remote.Option{
		remote.WithTransport(transport),
		remote.WithUserAgent(userAgent),
		remote.WithRetryBackoff(cmp.Or(b.Backoff, remote.Backoff{Duration: 300 * time.Millisecond, Factor: 3, Jitter: 0.1, Steps: 3})),
		remote.WithRetryStatusCodes(http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
			http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout),
	}
	if b.Keychain != nil {
		options = append(options, remote.WithAuthFromKeychain(b.Keychain))
	}
	return options
}

// reachable is a reference over plain HTTP where that was asked for.
func (b *Builder) reachable(ref name.Reference) (name.Reference, error) {
	if !slices.Contains(b.PlainHTTP, ref.Context().RegistryStr()) {
		return ref, nil
	}
	return name.ParseReference(ref.Name(), name.Insecure)
}

func (b *Builder) prepareAll(ctx context.Context, puller *remote.Puller, specs []build.Spec) ([]v1.ImageIndex, error) {
	indexes := make([]v1.ImageIndex, len(specs))
	faults := make([][]finding.Finding, len(specs))
	err := each(len(specs), func(i int) (err error) {
		spec := specs[i]
		if spec.Assembly.Base != nil {
			if spec.Assembly.Base, err = b.reachable(spec.Assembly.Base); err != nil {
				return err
			}
		}
		indexes[i], faults[i], err = prepare(ctx, puller, spec)
		return err
	})
	if err != nil {
		return nil, err
	}
	if all := slices.Concat(faults...); len(all) > 0 {
		return nil, &build.Fault{Findings: all}
	}
	return indexes, nil
}
