package landing

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// Constraint says what keeps a workload from the nodes on which all its images run, as a clause without its stop.
func (a Assessor) Constraint(s Assessment) string {
	good := s.Where(Candidate.Runs)
	switch {
	case len(good) == 0 && s.Workload.Spec.OS != nil:
		return fmt.Sprintf("no %s node of the cluster runs all of its images (%s)", s.Workload.Spec.OS.Name,
			a.offers(s.Workload))
	case len(good) == 0:
		return "no node of the cluster runs all of its images (" + a.offers(s.Workload) + ")"
	case slices.ContainsFunc(good, Candidate.Lands):
		return "neither kubernetes.io/arch nor kubernetes.io/os tells the nodes that run it from the others"
	case len(s.Closed()) > 0:
		closed := s.Closed()
		var taints []corev1.Taint
		for _, at := range closed {
			taints = append(taints, at.Barred...)
		}
		return fmt.Sprintf("its images run on %s, and it does not tolerate %s", Names(closed),
			platform.Conjoin(node.TaintTexts(node.DistinctTaints(taints))))
	}
	return a.unmet(s.Workload, good)
}

func (a Assessor) offers(w pods.Workload) string {
	var all []string
	for _, image := range w.Images() {
		if known, ok := a.Images[image]; ok {
			all = append(all, image+" offers "+known.String()+" only")
		}
	}
	return strings.Join(all, "; ")
}

// Closed are the nodes that taints alone keep from a workload: those that are about the architecture, if there are
// such.
func (s Assessment) Closed() []Candidate {
	if candidates := s.Where(Candidate.BehindArchitectureTaints); len(candidates) > 0 {
		return candidates
	}
	return s.Where(Candidate.BehindTaints)
}
