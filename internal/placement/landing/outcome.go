package landing

import (
	"slices"
	"strings"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// Outcome is what happens to a workload on the nodes of one architecture.
type Outcome string

// The outcomes, as the report spells them.
const (
	// Runs: every image has a binary for these nodes.
	Runs Outcome = "runs"
	// Crashes: a binary for another CPU would be started.
	Crashes Outcome = "crashes"
	// PullFails: an image has nothing that these nodes would take.
	PullFails Outcome = "pull-fails"
	// Excluded: a selector, an affinity or a taint keeps the workload off all of these nodes.
	Excluded Outcome = "excluded"
	// Rejected: the pod is bound, and the kubelet turns it away: its spec.os is another.
	Rejected Outcome = "rejected"
	// Absent: an image is made for this architecture, and the cluster has no such node.
	Absent Outcome = "absent"
)

// badness orders the outcomes that nodes of one architecture can have at the same time, worst last.
func badness(o Outcome) int {
	return slices.Index([]Outcome{Excluded, Runs, PullFails, Crashes, Rejected}, o)
}

// Worse returns the worse of two outcomes.
func Worse(a, b Outcome) Outcome {
	if badness(b) > badness(a) {
		return b
	}
	return a
}

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
