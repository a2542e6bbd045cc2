// Package registry is the client for image registries: sign-in, limits, retries, plain HTTP, manifests, blobs and
// pushes. What a manifest means is for its callers to know.
package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// userAgent is how this program calls itself to registries.
const userAgent = "multiarch-deploy"

// Options says how registries are spoken to. Start from DefaultOptions.
type Options struct {
	// Keychain finds the credentials for a registry; nil is anonymous.
	Keychain authn.Keychain
	// Transport carries the requests; nil is transport.Base, which follows the proxy variables.
	Transport http.RoundTripper
	// PlainHTTP names the registries ("host:port") that may be spoken to over plain HTTP; those on loopback may always.
	PlainHTTP []string
	// Reads and Writes bound each request, and say how often it is sent again.
	Reads, Writes transport.Limits
	// Jobs bounds how many blobs of one image are pushed at once.
	Jobs int
}

// DefaultOptions uses docker's own credentials and the limits of transport.For, and pushes 4 blobs at once.
func DefaultOptions() Options {
	return Options{
		Keychain: authn.DefaultKeychain,
		Reads:    transport.For(transport.Registry),
		Writes:   transport.For(transport.RegistryUpload),
		Jobs:     4,
	}
}

// Client speaks to registries for one run. It keeps connections, tokens and manifests, so that nothing is fetched
// twice. It is safe for concurrent use.
//
// Its errors are not yet fit to be shown: they may contain URLs, and what the registry wrote. Explain makes them so.
type Client struct {
	opts          Options
	reads, writes http.RoundTripper
	secrets       Secrets
	memory        memory
	health        health
	sessions      memo[string, *session]
	pushers       memo[string, *remote.Pusher]
	manifests     memo[string, *remote.Descriptor]
	contents      memo[string, []byte]
}

// New returns a client. It speaks to nobody until it is asked for something.
func New(opts Options) *Client {
	c := &Client{opts: opts}
	inner := opts.Transport
	if inner == nil {
		inner = transport.Base(opts.Reads)
	}
	c.reads = c.chain(inner, opts.Reads, false)
	c.writes = c.chain(inner, opts.Writes, true)
	return c
}

// Manifest fetches what a reference leads to, once in a run. What failed is tried again when it is asked for again.
func (c *Client) Manifest(ctx context.Context, ref name.Reference) (*remote.Descriptor, error) {
	return c.manifests.do(ref.Name(), func() (*remote.Descriptor, error) {
		d, err := c.Get(ctx, ref)
		if err == nil {
			err = c.memory.take(int64(len(d.Manifest)))
		}
		return d, err
	})
}

// Get fetches what a reference leads to now. The images and layers of the descriptor are read with ctx when they are
// asked for.
func (c *Client) Get(ctx context.Context, ref name.Reference) (d *remote.Descriptor, err error) {
	err = c.health.ask(ctx, ref.Context().RegistryStr(), func() error {
		s, err := c.session(ctx, ref.Context())
		if err != nil {
			return err
		}
		d, err = s.puller.Get(ctx, ref)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := CheckJSON(d.Manifest); err != nil {
		return nil, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	return d, nil
}

// Tags lists the first page of a repository's tags, up to 1,000, in the registry's order.
func (c *Client) Tags(ctx context.Context, repo name.Repository) ([]string, error) {
	tags, _, err := c.TagPages(ctx, repo, 1)
	return tags, err
}

// TagPages lists a repository's tags, up to a number of pages of up to 1,000 each, in the registry's order. more: there
// are tags beyond these.
func (c *Client) TagPages(ctx context.Context, repo name.Repository, most int) (tags []string, more bool, err error) {
	s, err := c.session(ctx, repo)
	if err != nil {
		return nil, false, err
	}
	pages, err := s.puller.Lister(ctx, repo)
	if err != nil {
		return nil, false, err
	}
	for range most {
		if !pages.HasNext() {
			return tags, false, nil
		}
		page, err := pages.Next(ctx)
		if err != nil {
			return tags, true, err
		}
		tags = append(tags, page.Tags...)
	}
	return tags, pages.HasNext(), nil
}

// Blob streams a blob from its start. A connection that breaks is replaced by one that fetches the rest. At the end
// size and digest are checked. Its errors are *BlobError where the blob could not be had, also those of a failed
// sign-in, and other errors where it does not contain what the descriptor says.
func (c *Client) Blob(ctx context.Context, repo name.Repository, d v1.Descriptor) (blob io.ReadCloser, err error) {
	err = c.health.ask(ctx, repo.RegistryStr(), func() error {
		s, err := c.session(ctx, repo)
		if err == nil {
			blob, err = s.open(ctx, d)
		}
		return err
	})
	if known := (*BlobError)(nil); err != nil && !errors.As(err, &known) {
		return nil, &BlobError{d.Digest, err}
	}
	return blob, err
}

// reachable is a repository with plain HTTP where that was asked for.
func (c *Client) reachable(repo name.Repository) (name.Repository, error) {
	if !slices.Contains(c.opts.PlainHTTP, repo.RegistryStr()) {
		return repo, nil
	}
	return name.NewRepository(repo.Name(), name.Insecure)
}

// authenticator finds the credentials for a repository, and notes them as secrets.
func (c *Client) authenticator(ctx context.Context, repo name.Repository) (authn.Authenticator, error) {
	if c.opts.Keychain == nil {
		return authn.Anonymous, nil
	}
	auth, err := authn.Resolve(ctx, c.opts.Keychain, repo)
	if err != nil {
		return nil, &CredentialError{err}
	}
	config, err := authn.Authorization(ctx, auth) // its error would be lost among those of the registry later
	if err != nil {
		return nil, &CredentialError{err}
	}
	c.secrets.AddConfig(config)
	return auth, nil
}

// Content reads a small blob whole, such as a config, once in a run. Its errors are those of Blob.
func (c *Client) Content(ctx context.Context, repo name.Repository, d v1.Descriptor) ([]byte, error) {
	// A digest is the same bytes in every repository, but only its own registry can be asked for it.
	return c.contents.do(repo.RegistryStr()+"/"+d.Digest.String(), func() ([]byte, error) {
		if err := c.memory.take(d.Size); err != nil {
			return nil, err
		}
		content, err := c.GetContent(ctx, repo, d)
		if content == nil {
			c.memory.free(d.Size)
		}
		return content, err
	})
}

// GetContent reads a small blob whole, and keeps nothing of it. Its errors are those of Blob; there is content with an
// error where it is too much to be parsed.
func (c *Client) GetContent(ctx context.Context, repo name.Repository, d v1.Descriptor) ([]byte, error) {
	blob, err := c.Blob(ctx, repo, d)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	content, err := io.ReadAll(blob)
	if err == nil {
		err = CheckJSON(content)
	}
	return content, err
}

// AllowsPlainHTTP reports whether a registry ("host:port") may be spoken to without TLS.
func (c *Client) AllowsPlainHTTP(registry name.Registry) bool {
	return allowsPlain(registry.RegistryStr(), c.opts.PlainHTTP)
}
