package placement

import (
	"slices"
	"strings"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Image is what a registry really holds under a reference.
type Image struct {
	// Index tells an index, of which a node takes the entry for its own platform, from a single manifest, which a node
	// starts whatever its CPU is.
	Index bool
	// Platforms are those of the index's entries, attestations left out, or the one of the single manifest's config.
	Platforms []v1.Platform
}

// outcome mirrors containerd: of an index the node takes the entry that its own platform matches, where amd64 takes 386
// and arm64 takes 32-bit arm too (https://github.com/containerd/platforms, Only); a single manifest is not asked.
func (i Image) outcome(node platforms.Platform) Outcome {
	switch {
	case i.Index && slices.ContainsFunc(i.Platforms, func(p v1.Platform) bool { return takes(node, p, p.Variant) }):
		return Runs
	case i.Index:
		return PullFails
	case len(i.Platforms) == 0 || i.Platforms[0].Architecture == "":
		return Runs // nothing is known against it
	}
	return singleOutcome(node, i.Platforms[0])
}

func singleOutcome(node platforms.Platform, p v1.Platform) Outcome {
	switch {
	case p.OS != "" && !strings.EqualFold(p.OS, node.OS):
		return PullFails // layers of another OS do not unpack, nothing is started
	case takes(node, p, ""):
		return Runs // whatever its variant: no label tells what a node's CPU can do beyond its architecture
	}
	return Crashes
}

// takes compares no Windows builds: a node does not tell its own in a label that every cloud sets.
func takes(node platforms.Platform, p v1.Platform, variant string) bool {
	os := p.OS
	if os == "" {
		os = node.OS // containerd would put the OS it runs on, and the library the one of this program
	}
	return platforms.Only(node).Match(platforms.Platform{OS: os, Architecture: p.Architecture, Variant: variant})
}

// architectures are the GOARCH values that the image is made for.
func (i Image) architectures() []string {
	var all []string
	for _, p := range i.Platforms {
		if p.Architecture != "" {
			all = append(all, platforms.Normalize(platforms.Platform{Architecture: p.Architecture}).Architecture)
		}
	}
	return all
}

// offers puts the image's platforms in words: "linux/amd64 only", "linux/amd64 and linux/s390x only".
func (i Image) offers() string {
	if len(i.Platforms) == 0 {
		return "no platform"
	}
	var all []string
	for _, p := range i.Platforms {
		text := platforms.Format(platforms.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant})
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return conjoin(all) + " only"
}
