package landing

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	helper "k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
)

// Assessment is one workload held against every class of nodes.
type Assessment struct {
	Workload   pods.Workload
	Candidates []Candidate // one per class, in the classes' order
}

// Assess holds a workload against every class of nodes.
func (a Assessor) Assess(ctx context.Context, w pods.Workload) Assessment {
	s := Assessment{Workload: w, Candidates: make([]Candidate, len(a.classes))}
	outcomes := a.outcomes(w)
	obstacles := a.obstacles(ctx, w)
	for i := range a.classes {
		class := &a.classes[i]
		barred, shut := bars(w, class.taints)
		s.Candidates[i] = Candidate{
			nodeClass: class, Index: i, Outcomes: outcomes[class.PlatformName], Obstacle: obstacles[i],
			Barred: barred, Open: obstacles[i] == "" && !shut,
			Refused: w.Spec.OS != nil && !strings.EqualFold(string(w.Spec.OS.Name), class.OS),
		}
	}
	return s
}

// obstacles asks the scheduler's plugins what keeps a workload off each class of nodes, were they empty. The pods of a
// StatefulSet can have volumes in different places, so a node that one of them fits is none to exclude.
func (a Assessor) obstacles(ctx context.Context, w pods.Workload) []string {
	var all []string
	for n := range w.DistinctPods(a.storage) {
		these, err := a.ever.Fits(ctx, w.Pod(n, a.storage))
		if err != nil {
			these = slices.Repeat([]string{err.Error()}, len(a.classes))
		}
		if all == nil {
			all = these
		}
		for i := range all {
			if these[i] == "" {
				all[i] = ""
			}
		}
	}
	return all
}

// outcomes are those of a workload's containers, by platform: many classes share one.
func (a Assessor) outcomes(w pods.Workload) map[string][]Outcome {
	all := map[string][]Outcome{}
	for _, nodeClass := range a.classes {
		if _, done := all[nodeClass.PlatformName]; done {
			continue
		}
		all[nodeClass.PlatformName] = make([]Outcome, len(w.Containers))
		for i, c := range w.Containers {
			all[nodeClass.PlatformName][i] = a.outcome(c, nodeClass)
			if _, foreign := a.ForeignProgram(w, c, nodeClass.Platform); foreign && all[nodeClass.PlatformName][i] == Runs {
				all[nodeClass.PlatformName][i] = Crashes
			}
		}
	}
	return all
}

// outcome of an image for a volume is whether it can be pulled: a single manifest can, whatever it is made for.
func (a Assessor) outcome(c pods.Container, s nodeClass) Outcome {
	known, ok := a.Images[c.Image]
	if !ok || s.Architecture == node.Unknown || c.Volume && !known.Index {
		return Runs
	}
	return outcomeOf(known, s.Platform)
}

// Knows reports whether every image of a workload was read. Of the others it is only hoped that they run.
func (a Assessor) Knows(w pods.Workload) bool {
	return !slices.ContainsFunc(w.Containers, func(c pods.Container) bool {
		_, known := a.Images[c.Image]
		return !known
	})
}

// bars returns the taints that keep the workload off, and whether the scheduler heeds one of them. A pod that names its
// node goes past the scheduler, and only NoExecute drives it away; a DaemonSet's controller heeds all taints even then.
func bars(w pods.Workload, taints []corev1.Taint) (barred []corev1.Taint, shut bool) {
	bypass := func(t corev1.Taint) bool {
		return w.Spec.NodeName != "" && !w.IsDaemonSet() && t.Effect != corev1.TaintEffectNoExecute
	}
	barred = slices.DeleteFunc(node.Untolerated(w.Spec.Tolerations, taints), bypass)
	return barred, len(slices.DeleteFunc(node.Barring(w.Spec.Tolerations, taints), bypass)) > 0
}

// Fine reports that the workload runs somewhere, and wherever it can land. Where there is neither node nor pool, the
// latter is all that can be said.
func (s Assessment) Fine() bool {
	return (slices.ContainsFunc(s.Candidates, Candidate.Settles) || len(s.Announced().Candidates) == 0) &&
		!slices.ContainsFunc(s.Candidates, Candidate.Fails)
}

// Announced leaves the guessed nodes out.
func (s Assessment) Announced() Assessment {
	s.Candidates = s.Where(func(at Candidate) bool { return !at.guessed() })
	return s
}

// Where returns the candidates of which is holds.
func (s Assessment) Where(is func(Candidate) bool) []Candidate {
	var all []Candidate
	for _, at := range s.Candidates {
		if is(at) {
			all = append(all, at)
		}
	}
	return all
}

func countNodes(candidates []Candidate) int {
	n := 0
	for _, at := range candidates {
		n += len(at.Names)
	}
	return n
}

// Invalid is the error that stops the scheduler when it compares the nodes that the workload fits: the API server lets
// preferred terms in that do not parse. With one node there is nothing to compare.
func (s Assessment) Invalid() error {
	w := s.Workload
	if w.Spec.Affinity == nil || w.Spec.Affinity.NodeAffinity == nil ||
		countNodes(s.Where(func(at Candidate) bool { return at.Open })) < 2 {
		return nil
	}
	terms := w.Spec.Affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution
	_, err := helper.NewPreferredSchedulingTerms(terms)
	return err
}
