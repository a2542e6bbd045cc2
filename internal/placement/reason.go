package placement

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// Reason says why a workload has a patch, and when the patch may go, in sentences for a file that stays in the
// repository. They name neither nodes nor tags, which change with each deploy.
type Reason struct{ Why, Until []string }

// reason is that of a patch that was applied.
func (p planner) reason(s assessment, r remedy) Reason {
	var all Reason
	for i, c := range s.workload.containers {
		for _, outcome := range []Outcome{Crashes, PullFails} {
			for _, candidates := range byArchitecture(s.where(func(at candidate) bool {
				return at.open && at.outcomes[i] == outcome
			})) {
				all.add(p.reasonOf(s, r, c, outcome, candidates[0]))
			}
		}
	}
	for _, candidates := range byArchitecture(s.where(func(at candidate) bool { return at.open && at.refused })) {
		all.add(fmt.Sprintf("The kubelets of %s nodes would reject it: its spec.os is %s.", candidates[0].platform,
			s.workload.spec.OS.Name), "It may go when spec.os does.")
	}
	if len(r.taints) > 0 {
		all.add(tolerated(s.where(func(at candidate) bool {
			return len(at.barred) > 0 &&
				r.after.candidates[at.index].lands()
		}),
			r.taints))
	}
	return all
}

func (r *Reason) add(why, until string) {
	r.Why = append(r.Why, why)
	r.Until = append(r.Until, until)
}

// reasonOf is why a container must keep away from nodes.
func (p planner) reasonOf(s assessment, r remedy, c container, outcome Outcome, at candidate) (why, until string) {
	image, fate := repository(c.image), "crash with exec format error"
	if outcome == PullFails {
		fate = "fail to pull its image"
	}
	why = fmt.Sprintf("On %s nodes, container %s would %s: image %s offers %s only.", at.platform, c.name, fate, image,
		p.Images[c.image])
	until = fmt.Sprintf("It may go when %s offers %s too.", image, at.platform)
	if foreign, ok := p.foreign(s.workload, c, *at.nodeClass); ok {
		why = fmt.Sprintf("On %s nodes, container %s would %s: it starts %s.", at.platform, c.name, fate, foreign.Program)
		until = fmt.Sprintf("It may go when what it starts is built for %s.", at.platform)
	}
	if r.os != "" && r.os != at.OS {
		until = fmt.Sprintf("It may go when the cluster has no %s nodes.", at.OS)
	}
	return why, until
}

// tolerated is why taints are tolerated.
func tolerated(candidates []candidate, taints []corev1.Taint) (why, until string) {
	var arches []string
	for _, at := range candidates {
		arches = append(arches, at.kind())
	}
	list := platform.Conjoin(taintTexts(taints))
	return fmt.Sprintf("Its images run on the %s nodes, from which %s alone would keep it off.",
			platform.Conjoin(distinct(arches)), list),
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
