package placement

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// constraint says what keeps a workload from the nodes on which all its images run, as a clause without its stop.
func (p planner) constraint(s assessment) string {
	good := s.where(candidate.runs)
	switch {
	case len(good) == 0 && s.workload.spec.OS != nil:
		return fmt.Sprintf("no %s node of the cluster runs all of its images (%s)", s.workload.spec.OS.Name,
			p.offers(s.workload))
	case len(good) == 0:
		return "no node of the cluster runs all of its images (" + p.offers(s.workload) + ")"
	case slices.ContainsFunc(good, candidate.lands):
		return "neither kubernetes.io/arch nor kubernetes.io/os tells the nodes that run it from the others"
	case len(s.closed()) > 0:
		closed := s.closed()
		var taints []corev1.Taint
		for _, at := range closed {
			taints = append(taints, at.barred...)
		}
		return fmt.Sprintf("its images run on %s, and it does not tolerate %s", nodeNames(closed),
			platform.Conjoin(taintTexts(distinctTaints(taints))))
	}
	return p.unmet(s.workload, good)
}

func (p planner) offers(w workload) string {
	var all []string
	for _, image := range w.images() {
		if known, ok := p.Images[image]; ok {
			all = append(all, image+" offers "+known.String()+" only")
		}
	}
	return strings.Join(all, "; ")
}

// closed are the nodes that taints alone keep from a workload: those that are about the architecture, if there are
// such.
func (s assessment) closed() []candidate {
	if candidates := s.where(candidate.behindArchitectureTaints); len(candidates) > 0 {
		return candidates
	}
	return s.where(candidate.behindTaints)
}
