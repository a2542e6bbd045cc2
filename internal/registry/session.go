package registry

import (
	"context"
	"net/http"
	"sync"

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

// memo remembers what was fetched, and lets those who ask for the same thing at the same time wait for one another.
// What failed is forgotten.
type memo[K comparable, V any] struct {
	mu    sync.Mutex
	calls map[K]func() (V, error)
}

func (m *memo[K, V]) do(key K, fetch func() (V, error)) (V, error) {
	value, err := m.call(key, fetch)()
	if err != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.calls, key)
	}
	return value, err
}

func (m *memo[K, V]) call(key K, fetch func() (V, error)) func() (V, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil {
		m.calls = map[K]func() (V, error){}
	}
	if m.calls[key] == nil {
		m.calls[key] = sync.OnceValues(fetch)
	}
	return m.calls[key]
}
