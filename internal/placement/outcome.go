package placement

import (
	"slices"
	"strings"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// outcomeOf mirrors containerd: of an index the node takes the entry that its own platform matches, where amd64 takes
// 386 and arm64 takes 32-bit arm too (https://github.com/containerd/platforms, Only); a single manifest is not asked.
func outcomeOf(offer platform.Offer, node platforms.Platform) Outcome {
	switch {
	case offer.Index && slices.ContainsFunc(offer.Platforms, func(p v1.Platform) bool { return platform.Takes(node, p) }):
		return Runs
	case offer.Index:
		return PullFails
	case len(offer.Platforms) == 0 || offer.Platforms[0].Architecture == "":
		return Runs // nothing is known against it
	}
	return singleOutcome(node, offer.Platforms[0])
}

func singleOutcome(node platforms.Platform, p v1.Platform) Outcome {
	switch {
	case p.OS != "" && !strings.EqualFold(p.OS, node.OS):
		return PullFails // layers of another OS do not unpack, nothing is started
	case platform.Takes(node, v1.Platform{OS: p.OS, Architecture: p.Architecture}):
		return Runs // whatever its variant: no label tells what a node's CPU can do beyond its architecture
	}
	return Crashes
}
