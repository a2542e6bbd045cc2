package image

import (
	"context"
	"net/http"
	"slices"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Client speaks to registries for one run. It keeps connections, tokens, manifests and configs, so that nothing is
// fetched twice. It is safe for concurrent use.
type Client struct {
	opts         Options
	transport    http.RoundTripper
	repositories memo[string, *repository]
	manifests    memo[string, *remote.Descriptor]
	configs      memo[string, *v1.ConfigFile]
}

// NewClient returns a client. It speaks to nobody until it is asked for something.
func NewClient(opts Options) *Client {
	return &Client{opts: opts, transport: opts.transport()}
}

// repository is a signed-in session with one repository.
type repository struct {
	name   name.Repository
	puller *remote.Puller
	blobs  *http.Client
}

// repository signs in, once for each repository: registries give tokens for one repository each.
func (c *Client) repository(ctx context.Context, repo name.Repository) (*repository, error) {
	return c.repositories.do(repo.Name(), func() (*repository, error) { return c.signIn(ctx, repo) })
}

func (c *Client) signIn(ctx context.Context, repo name.Repository) (*repository, error) {
	registry, err := c.registry(repo)
	if err != nil {
		return nil, err
	}
	auth := authn.Anonymous
	if c.opts.Keychain != nil {
		if auth, err = authn.Resolve(ctx, c.opts.Keychain, repo); err == nil {
			_, err = authn.Authorization(ctx, auth) // the error of a sign-in would be lost among those of the registry
		}
		if err != nil {
			return nil, &credentialError{err}
		}
	}
	signed, err := transport.NewWithContext(ctx, registry, auth, c.transport, []string{repo.Scope(transport.PullScope)})
	if err != nil {
		return nil, err
	}
	puller, err := remote.NewPuller(remote.WithTransport(signed), remote.WithJobs(c.opts.Jobs))
	if err != nil {
		return nil, err
	}
	return &repository{name: repo, puller: puller, blobs: &http.Client{Transport: signed, CheckRedirect: checkRedirect}}, nil
}

// registry is the one to speak to; plain HTTP is tried where that was asked for.
func (c *Client) registry(repo name.Repository) (name.Registry, error) {
	if slices.Contains(c.opts.PlainHTTP, repo.RegistryStr()) {
		return name.NewRegistry(repo.RegistryStr(), name.Insecure)
	}
	return repo.Registry, nil
}

// manifest fetches what a reference leads to.
func (c *Client) manifest(ctx context.Context, ref name.Reference) (*remote.Descriptor, error) {
	return c.manifests.do(ref.Name(), func() (*remote.Descriptor, error) {
		r, err := c.repository(ctx, ref.Context())
		if err != nil {
			return nil, err
		}
		return r.puller.Get(ctx, ref)
	})
}
