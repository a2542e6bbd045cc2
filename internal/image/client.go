package image

import (
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image/facts"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// Options says how much is done for a run's images. Start from DefaultOptions.
type Options struct {
	// Timeout bounds what is done to resolve one reference, Reading what is done to inspect the layers of one call.
	Timeout, Reading time.Duration
	// Jobs bounds the references of one registry that are read side by side, within each the platforms, and the layers of
	// all.
	Jobs int
	// Facts has what earlier runs have found, and takes what this one finds; nil for neither. Checker is the version of
	// this program, whose own facts alone count.
	Facts   *facts.Store
	Checker string
	// Limits bound what is read of layers, of each and of all in a run.
	Limits rootfs.Limits
	// Progress gets a Status now and then while registries are waited for.
	Progress progress.Sink
}

// DefaultOptions waits 30 s for a reference and 10 min for layers, reads 8 references at once, and reports no progress.
func DefaultOptions() Options {
	return Options{
		Timeout: 30 * time.Second, Reading: 10 * time.Minute, Jobs: 8,
		Limits: rootfs.DefaultLimits(), Progress: progress.Discard,
	}
}

// Client resolves and inspects the images of one run. It is safe for concurrent use.
type Client struct {
	registry *registry.Client
	opts     Options
	layers   *pool
}

// NewClient returns a client. It asks the registries through one that others may use, too.
func NewClient(registry *registry.Client, opts Options) *Client {
	return &Client{registry: registry, opts: opts, layers: newPool(registry, opts.Limits)}
}
