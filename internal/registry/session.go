package registry

import (
	"context"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	ggcr "github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// session is signed in to read one repository.
type session struct {
	name   name.Repository
	puller *remote.Puller
	blobs  *http.Client
}

// session signs in, once for each repository: registries give tokens for one repository each.
func (c *Client) session(ctx context.Context, repo name.Repository) (*session, error) {
	return c.sessions.do(repo.Name(), func() (*session, error) { return c.signIn(ctx, repo) })
}

func (c *Client) signIn(ctx context.Context, repo name.Repository) (*session, error) {
	repo, err := c.reachable(repo)
	if err != nil {
		return nil, err
	}
	auth, err := c.authenticator(ctx, repo)
	if err != nil {
		return nil, err
	}
	signed, err := ggcr.NewWithContext(ctx, repo.Registry, auth, c.reads, []string{repo.Scope(ggcr.PullScope)})
	if err != nil {
		return nil, err
	}
	puller, err := remote.NewPuller(remote.WithTransport(signed))
	if err != nil {
		return nil, err
	}
	return &session{name: repo, puller: puller, blobs: &http.Client{Transport: signed, CheckRedirect: checkRedirect}}, nil
}
