package image

import (
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// Options says how much is done for a run's images. Start from DefaultOptions.
type Options struct {
	// Timeout bounds what is done to resolve one reference, Reading what is done to inspect the layers of all.
	Timeout, Reading time.Duration
	// Jobs bounds the references read side by side, within each the platforms, and the layers of all.
	Jobs int
	// Limits bound what is read of a layer.
	Limits rootfs.Limits
}

// DefaultOptions waits 30 s for a reference and 10 min for layers, and reads 8 references at once.
func DefaultOptions() Options {
	return Options{Timeout: 30 * time.Second, Reading: 10 * time.Minute, Jobs: 8, Limits: rootfs.DefaultLimits()}
}

// Client resolves and inspects the images of one run. It is safe for concurrent use.
type Client struct {
	registry *registry.Client
	opts     Options
}

// NewClient returns a client. It asks the registries through one that others may use, too.
func NewClient(registry *registry.Client, opts Options) *Client {
	return &Client{registry: registry, opts: opts}
}
