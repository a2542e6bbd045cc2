// Package platform says what a registry offers under a reference, and which of it a node takes.
package platform

import (
	"slices"
	"strings"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Offer is what a registry really holds under a reference.
type Offer struct {
	// Index distinguishes an index, of which a node takes the entry for its own platform, from a single manifest, which a
	// node pulls and starts whatever its CPU is.
	Index bool
	// Platforms are those of the index's entries, or the one of the single manifest's config.
	Platforms []v1.Platform
}

// RunsOn reports whether a node of the architecture has something to run in the offer.
func (o Offer) RunsOn(architecture string) bool {
	node := platforms.Platform{OS: "linux", Architecture: architecture}
	return slices.ContainsFunc(o.Platforms, func(p v1.Platform) bool { return Takes(node, p) })
}

// Takes reports whether containerd on the node takes an image of platform p. It takes more than its own: amd64 takes
// 386, and arm64 takes 32-bit arm (https://pkg.go.dev/github.com/containerd/platforms#Only). Windows builds are not
// compared: a node does not tell its own in a label that every cloud sets.
func Takes(node platforms.Platform, p v1.Platform) bool {
	os := p.OS
	if os == "" {
		os = node.OS // containerd would put the OS it runs on, and the library the one of this program
	}
	return platforms.Only(node).Match(platforms.Platform{OS: os, Architecture: p.Architecture, Variant: p.Variant})
}

// Architectures are the GOARCH values that the offer is made for, each once.
func (o Offer) Architectures() []string {
	var all []string
	for _, p := range o.Platforms {
		if p.Architecture == "" || isAttestation(p) {
			continue
		}
		architecture := platforms.Normalize(platforms.Platform{Architecture: p.Architecture}).Architecture
		if !slices.Contains(all, architecture) {
			all = append(all, architecture)
		}
	}
	return all
}

// String puts the offer in words: "linux/amd64 and linux/s390x", or "no platform".
func (o Offer) String() string {
	var all []string
	for _, p := range o.Platforms {
		text := platforms.Format(platforms.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant})
		if !slices.Contains(all, text) && !isAttestation(p) {
			all = append(all, text)
		}
	}
	if len(all) == 0 {
		return "no platform"
	}
	return Conjoin(all)
}

// isAttestation distinguishes an index entry that holds provenance or an SBOM in place of an image
// (https://docs.docker.com/build/metadata/attestations/attestation-storage/).
func isAttestation(p v1.Platform) bool { return p.OS == "unknown" && p.Architecture == "unknown" }

// Conjoin lists words as a sentence does: "a, b and c".
func Conjoin(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
