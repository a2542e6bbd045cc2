package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// runsOn says whether a node of the architecture can run one of the platforms. Matching is containerd's, which is what
// the node itself does: https://github.com/containerd/platforms
func runsOn(offered []v1.Platform, architecture string) bool {
	match := platforms.Only(platforms.Platform{OS: "linux", Architecture: architecture})
	return slices.ContainsFunc(offered, func(p v1.Platform) bool {
		return match.Match(platforms.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant})
	})
}

// offers lists platforms in words: "linux/amd64", "linux/amd64 and linux/s390x". Attestation entries do not count.
func offers(offered []v1.Platform) string {
	var names []string
	for _, p := range usable(offered) {
		names = append(names, p.String())
	}
	return sentence(names)
}

// buildOrKeepAway is the fix for an image that lacks the architecture of a node it was sent to.
func buildOrKeepAway(offered []v1.Platform, architecture string) string {
	if architecture == "" {
		return "Build the image for the node's platform, or keep the pod off such nodes with a nodeSelector on kubernetes.io/arch."
	}
	architectures := architecturesOf(offered)
	switch len(architectures) {
	case 0:
		return fmt.Sprintf("Build it for linux/%s, or keep it on nodes of the architecture it is built for:\n    nodeSelector: {kubernetes.io/arch: ARCHITECTURE}", architecture)
	case 1:
		return fmt.Sprintf("Build it for linux/%s, or keep it on %s nodes:\n    nodeSelector: {kubernetes.io/arch: %[2]s}", architecture, architectures[0])
	}
	return fmt.Sprintf("Build it for linux/%s, or keep it on %s nodes:\n    affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [%s]}]}]}}}",
		architecture, sentence(architectures), strings.Join(architectures, ", "))
}

func architecturesOf(offered []v1.Platform) []string {
	var all []string
	for _, p := range usable(offered) {
		if p.OS == "linux" && !slices.Contains(all, p.Architecture) {
			all = append(all, p.Architecture)
		}
	}
	return all
}

func usable(offered []v1.Platform) []v1.Platform {
	return slices.DeleteFunc(slices.Clone(offered), func(p v1.Platform) bool { return p.OS == "unknown" })
}

// short cuts the digest of a reference to what a reader can tell apart.
func short(reference string) string {
	const keep = 12
	name, digest, pinned := strings.Cut(reference, "@sha256:")
	if !pinned || len(digest) <= keep {
		return reference
	}
	return name + "@sha256:" + digest[:keep] + "…"
}

func sentence(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
