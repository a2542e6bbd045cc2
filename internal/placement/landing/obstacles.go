package landing

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/patch"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
)

// Opening is what would let a workload onto the nodes of a candidate, and what keeps it off, as clauses.
func (a Assessor) Opening(s Assessment, at Candidate) (o patch.Opening, blocks []string) {
	o = patch.Opening{Taints: at.Barred, Node: at.Example()}
	for _, t := range at.Barred {
		blocks = append(blocks, "it does not tolerate "+t.ToString())
	}
	for _, r := range a.requirements(s.Workload) {
		switch {
		case r.met(at.Example()):
		case r.spec.NodeName != "":
			blocks = append(blocks, "it asks for "+r.text)
		case r.spec.NodeSelector != nil:
			o.Selectors = append(o.Selectors, slices.Collect(maps.Keys(r.spec.NodeSelector))...)
			blocks = append(blocks, "its nodeSelector asks for "+r.text)
		default:
			o.Terms = true
			blocks = append(blocks, "its node affinity asks for "+r.text)
		}
	}
	if len(blocks) == 0 && at.Obstacle != "" {
		blocks = append(blocks, "the scheduler says "+at.Obstacle)
	}
	return o, blocks
}

// IsClosedByArchitecture reports that the workload runs on the nodes, and nothing but their architecture keeps it off.
func (a Assessor) IsClosedByArchitecture(w pods.Workload, at Candidate) bool {
	if at.Lands() || !at.Runs() ||
		slices.ContainsFunc(at.Barred, func(t corev1.Taint) bool { return !node.Architectural(t, at.Architecture) }) {
		return false
	}
	any := pods.Workload{Object: w.Object, Spec: patch.AnyArchitecture(w.Spec)}
	return !slices.ContainsFunc(a.requirements(any), func(r requirement) bool { return !r.met(at.Example()) })
}
