package image

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// statusEvery is how often a wait is reported, and how long one may last in silence.
const statusEvery = 3 * time.Second

// Report emits a status now and then until it is stopped. An empty text is no status.
func (c *Client) Report(ctx context.Context, status func() string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(statusEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if text := status(); text != "" && c.opts.Progress != nil {
					c.opts.Progress(progress.Status{Text: text})
				}
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// waiting words which registries are waited for: "Waiting for ghcr.io (3 of 50 images)".
func waiting(left, all map[string]int) string {
	var parts []string
	for _, registry := range slices.Sorted(maps.Keys(left)) {
		if left[registry] > 0 {
			parts = append(parts, fmt.Sprintf("%s (%d of %d images)", registry, left[registry], all[registry]))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Waiting for " + strings.Join(parts, ", ")
}
