package image

import (
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// Options says how much is done for a run's images. Start from DefaultOptions.
type Options struct {
	// Timeout bounds what is done to resolve one reference.
	Timeout time.Duration
	// Jobs bounds the references of one registry that are read side by side, and within each the platforms.
	Jobs int
	// Progress gets a Status now and then while registries are waited for.
	Progress progress.Sink
}

// DefaultOptions waits 30 s for a reference, reads 8 references at once, and reports no progress.
func DefaultOptions() Options {
	return Options{Timeout: 30 * time.Second, Jobs: 8, Progress: progress.Discard}
}

// Client resolves the images of one run. It is safe for concurrent use.
type Client struct {
	registry *registry.Client
	opts     Options
}

// NewClient returns a client. It asks the registries through one that others may use, too.
func NewClient(registry *registry.Client, opts Options) *Client {
	return &Client{registry: registry, opts: opts}
}

// Registry is the client that registries are asked through.
func (c *Client) Registry() *registry.Client { return c.registry }
