package diagnose

import (
	"fmt"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// buildOrKeepAway is the fix for an image that lacks the architecture of a node it was sent to.
func buildOrKeepAway(offer platform.Offer, architecture string) string {
	if architecture == "" {
		return "Build the image for the node's platform, or keep the pod off such nodes with a nodeSelector on " +
			"kubernetes.io/arch."
	}
	build := fmt.Sprintf("Build it for linux/%s, or keep it ", architecture)
	architectures := offer.Architectures()
	switch len(architectures) {
	case 0:
		return build + fmt.Sprintf("off %s nodes:\n%s", architecture, affinity("NotIn", architecture))
	case 1:
		return build + fmt.Sprintf("on %s nodes:\n    nodeSelector: {kubernetes.io/arch: %[1]s}", architectures[0])
	}
	return build + fmt.Sprintf("on %s nodes:\n%s", platform.Conjoin(architectures), affinity("In", architectures...))
}

// affinity is the YAML of a pod spec that allows or excludes architectures.
func affinity(operator string, architectures ...string) string {
	return fmt.Sprintf(`    affinity:
      nodeAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
          - matchExpressions: [{key: kubernetes.io/arch, operator: %s, values: [%s]}]`,
		operator, strings.Join(architectures, ", "))
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
