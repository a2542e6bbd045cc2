package placement

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// Reason says why a workload has a patch, and when the patch may go, in sentences for a file that stays in the
// repository. They name neither nodes nor tags, which change with each deploy.
type Reason struct{ Why, Until []string }

// reason is that of a patch that was applied.
func (p planner) reason(s landing.Assessment, r remedy) Reason {
	var all Reason
	for i, c := range s.Workload.Containers {
		for _, outcome := range []landing.Outcome{landing.Crashes, landing.PullFails} {
			for _, candidates := range landing.ByArchitecture(s.Where(func(at landing.Candidate) bool {
				return at.Open && at.Outcomes[i] == outcome
			})) {
				all.add(p.reasonOf(s, r, c, outcome, candidates[0]))
			}
		}
	}
	refused := s.Where(func(at landing.Candidate) bool { return at.Open && at.Refused })
	for _, candidates := range landing.ByArchitecture(refused) {
		all.add(fmt.Sprintf("The kubelets of %s nodes would reject it: its spec.os is %s.", candidates[0].PlatformName,
			s.Workload.Spec.OS.Name), "It may go when spec.os does.")
	}
	if len(r.Taints) > 0 {
		all.add(tolerated(s.Where(func(at landing.Candidate) bool {
			return len(at.Barred) > 0 &&
				r.after.Candidates[at.Index].Lands()
		}),
			r.Taints))
	}
	return all
}

func (r *Reason) add(why, until string) {
	r.Why = append(r.Why, why)
	r.Until = append(r.Until, until)
}

// reasonOf is why a container must keep away from nodes.
func (p planner) reasonOf(s landing.Assessment, r remedy, c pods.Container, outcome landing.Outcome,
	at landing.Candidate) (why, until string) {
	image, fate := repository(c.Image), "crash with exec format error"
	if outcome == landing.PullFails {
		fate = "fail to pull its image"
	}
	why = fmt.Sprintf("On %s nodes, container %s would %s: image %s offers %s only.", at.PlatformName, c.Name, fate, image,
		p.Images[c.Image])
	until = fmt.Sprintf("It may go when %s offers %s too.", image, at.PlatformName)
	if foreign, ok := p.landing.ForeignProgram(s.Workload, c, at.Platform); ok {
		why = fmt.Sprintf("On %s nodes, container %s would %s: it starts %s.", at.PlatformName, c.Name, fate, foreign.Program)
		until = fmt.Sprintf("It may go when what it starts is built for %s.", at.PlatformName)
	}
	if r.OS != "" && r.OS != at.OS {
		until = fmt.Sprintf("It may go when the cluster has no %s nodes.", at.OS)
	}
	return why, until
}

// tolerated is why taints are tolerated.
func tolerated(candidates []landing.Candidate, taints []corev1.Taint) (why, until string) {
	var arches []string
	for _, at := range candidates {
		arches = append(arches, at.Kind())
	}
	list := platform.Conjoin(node.TaintTexts(taints))
	return fmt.Sprintf("Its images run on the %s nodes, from which %s alone would keep it off.",
			platform.Conjoin(slices.Compact(slices.Sorted(slices.Values(arches)))), list),
		fmt.Sprintf("The toleration may go when no node has %s.", list)
}

// repository is a reference without its tag and digest.
func repository(reference string) string {
	reference, _, _ = strings.Cut(reference, "@")
	if colon := strings.LastIndex(reference, ":"); colon > strings.LastIndex(reference, "/") {
		return reference[:colon]
	}
	return reference
}
