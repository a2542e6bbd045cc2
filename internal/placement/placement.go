// Package placement decides which node architectures each workload can run on, and what to change where it cannot.
// It looks at values only; callers fetch nodes and image platforms.
package placement

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// Image is what a registry really holds under a reference.
type Image struct {
	// Index tells an index, of which a node takes the entry for its own platform, from a single manifest, which a node
	// starts whatever its CPU is.
	Index bool
	// Platforms are those of the index's entries, attestations left out, or the one of the single manifest's config.
	Platforms []v1.Platform
}

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
	// Absent: an image is made for this architecture, and the cluster has no such node.
	Absent Outcome = "absent"
)

// Verdict is where one workload can run, and what was or should be changed.
type Verdict struct {
	// Object is what to apply: the very pointer that was given when nothing had to change, else a patched copy.
	Object *unstructured.Unstructured
	// Images are the references of the pod's init containers and containers, in that order, each once.
	Images []string
	// Architectures maps a GOARCH value to what happens to Object there. Its keys are the nodes' architectures and the images'.
	Architectures map[string]Outcome
	// Fix is a YAML patch to paste into a kustomization's patches, or "" when nothing needs or could get one.
	Fix string
	// Patched tells that Object already holds Fix.
	Patched bool
	// Findings say what is wrong: errors under Fail and where no patch helps, warnings under Warn, and
	// notes on what was patched under Pin and Spread.
	Findings []finding.Finding
}

// Plan returns a verdict for each object that makes pods, in their order.
func Plan(nodes []corev1.Node, objects []*unstructured.Unstructured, images map[string]Image, policy Policy) []Verdict {
	return nil
}
