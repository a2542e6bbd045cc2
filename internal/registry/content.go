package registry

import (
	"context"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Content reads a small blob whole, such as a config, once in a run. Its errors are those of Blob.
func (c *Client) Content(ctx context.Context, repo name.Repository, d v1.Descriptor) ([]byte, error) {
	// A digest is the same bytes in every repository, but only its own registry can be asked for it.
	return c.contents.do(repo.RegistryStr()+"/"+d.Digest.String(), func() ([]byte, error) {
		if err := c.memory.take(d.Size); err != nil {
			return nil, err
		}
		blob, err := c.Blob(ctx, repo, d)
		if err != nil {
			c.memory.free(d.Size)
			return nil, err
		}
		defer blob.Close()
		content, err := io.ReadAll(blob)
		if err == nil {
			err = CheckJSON(content)
		}
		return content, err
	})
}

// AllowsPlainHTTP reports whether a registry ("host:port") may be spoken to without TLS.
func (c *Client) AllowsPlainHTTP(registry name.Registry) bool {
	return allowsPlain(registry.RegistryStr(), c.opts.PlainHTTP)
}
