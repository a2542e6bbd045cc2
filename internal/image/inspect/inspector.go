// Package inspect looks into the layers of images that were resolved, as far as needed to see what each platform would
// start: the image's own command, or what a container starts in its place. Each layer is read at most once in a run.
package inspect

import (
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/facts"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// Options say how much is done to look into layers. Start from defaultOptions.
type Options struct {
	// Timeout bounds what is done to inspect the layers of one call.
	Timeout time.Duration
	// Jobs bounds the layers that are read side by side.
	Jobs int
	// Facts has what earlier runs have found, and takes what this one finds; nil for neither. Checker is the version of
	// this program, whose own facts alone count.
	Facts   *facts.Store
	Checker string
	// Limits bound what is read of layers, of each and of all in a run.
	Limits rootfs.Limits
}

// DefaultOptions waits 10 min for layers, reads 8 platforms at once, and keeps no facts.
func DefaultOptions() Options {
	return Options{Timeout: 10 * time.Minute, Jobs: 8, Limits: rootfs.DefaultLimits()}
}

// Inspector looks into the images of one run. It is safe for concurrent use.
type Inspector struct {
	client *image.Client
	opts   Options
	layers *pool
}

// New returns an inspector of images that the client has resolved.
func New(client *image.Client, opts Options) *Inspector {
	return &Inspector{client: client, opts: opts, layers: newPool(client.Registry(), opts.Limits)}
}
