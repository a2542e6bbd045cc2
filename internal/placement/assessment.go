package placement

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

// assessment is one workload held against every class of nodes.
type assessment struct {
	workload   workload
	candidates []candidate // one per class, in the classes' order
}

// candidate is a class of nodes as seen from a workload.
type candidate struct {
	*nodeClass
	index    int            // in the assessment
	obstacle string         // what keeps the workload off besides taints, in the scheduler's words; "" for nothing
	barred   []corev1.Taint // that the workload does not tolerate, or not for long
	open     bool           // to the scheduler, which lets a pod on a node that will drive it out
	outcomes []Outcome      // one per image that is pulled, were the pod bound here
	refused  bool           // by the kubelet: the pod is for another OS
}

func (p planner) assess(ctx context.Context, w workload) assessment {
	s := assessment{workload: w, candidates: make([]candidate, len(p.classes))}
	outcomes := p.outcomes(w)
	obstacles := p.obstacles(ctx, w)
	for i := range p.classes {
		class := &p.classes[i]
		barred, shut := bars(w, class.taints)
		s.candidates[i] = candidate{
			nodeClass: class, index: i, outcomes: outcomes[class.platform], obstacle: obstacles[i],
			barred: barred, open: obstacles[i] == "" && !shut,
			refused: w.spec.OS != nil && !strings.EqualFold(string(w.spec.OS.Name), class.OS),
		}
	}
	return s
}

// obstacles asks the scheduler's plugins what keeps a workload off each class of nodes, were they empty. The pods of a
// StatefulSet can have volumes in different places, so a node that one of them fits is none to exclude.
func (p planner) obstacles(ctx context.Context, w workload) []string {
	var all []string
	for n := range w.distinctPods(p.storage) {
		these, err := p.ever.Fits(ctx, w.pod(n, p.storage))
		if err != nil {
			these = slices.Repeat([]string{err.Error()}, len(p.classes))
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
func (p planner) outcomes(w workload) map[string][]Outcome {
	all := map[string][]Outcome{}
	for _, nodeClass := range p.classes {
		if _, done := all[nodeClass.platform]; done {
			continue
		}
		all[nodeClass.platform] = make([]Outcome, len(w.containers))
		for i, c := range w.containers {
			all[nodeClass.platform][i] = p.outcome(c, nodeClass)
			if _, foreign := p.foreign(w, c, nodeClass); foreign && all[nodeClass.platform][i] == Runs {
				all[nodeClass.platform][i] = Crashes
			}
		}
	}
	return all
}

// outcome of an image for a volume is whether it can be pulled: a single manifest can, whatever it is made for.
func (p planner) outcome(c container, s nodeClass) Outcome {
	known, ok := p.Images[c.image]
	if !ok || s.Architecture == node.Unknown || c.volume && !known.Index {
		return Runs
	}
	return outcomeOf(known, s.Platform)
}

// knows reports whether every image of a workload was read. Of the others it is only hoped that they run.
func (p planner) knows(w workload) bool {
	return !slices.ContainsFunc(w.containers, func(c container) bool {
		_, known := p.Images[c.image]
		return !known
	})
}

// bars returns the taints that keep the workload off, and whether the scheduler heeds one of them. A pod that names its
// node goes past the scheduler, and only NoExecute drives it away; a DaemonSet's controller heeds all taints even then.
func bars(w workload, taints []corev1.Taint) (barred []corev1.Taint, shut bool) {
	bypass := func(t corev1.Taint) bool {
		return w.spec.NodeName != "" && !w.daemon() && t.Effect != corev1.TaintEffectNoExecute
	}
	barred = slices.DeleteFunc(node.Untolerated(w.spec.Tolerations, taints), bypass)
	return barred, len(slices.DeleteFunc(node.Barring(w.spec.Tolerations, taints), bypass)) > 0
}

// fine: the workload runs somewhere, and wherever it can land. Where there is neither node nor pool, the latter is
// all that can be said.
func (s assessment) fine() bool {
	return (slices.ContainsFunc(s.candidates, candidate.settles) || len(s.announced().candidates) == 0) &&
		!slices.ContainsFunc(s.candidates, candidate.fails)
}

// announced leaves the guessed nodes out.
func (s assessment) announced() assessment {
	s.candidates = s.where(func(at candidate) bool { return !at.guessed() })
	return s
}

// where returns the candidates of which is holds.
func (s assessment) where(is func(candidate) bool) []candidate {
	var all []candidate
	for _, at := range s.candidates {
		if is(at) {
			all = append(all, at)
		}
	}
	return all
}

// known: it is known what CPU the nodes have.
func (s candidate) known() bool { return s.Architecture != node.Unknown }

func (s candidate) selected() bool { return s.obstacle == "" }
func (s candidate) admitted() bool { return s.selected() && len(s.barred) == 0 }
func (s candidate) runs() bool     { return s.outcome() == Runs }
func (s candidate) lands() bool    { return s.admitted() && s.runs() }
func (s candidate) fails() bool    { return s.open && !s.runs() }
func (s candidate) settles() bool  { return s.lands() && !s.guessed() }

// behindTaints: taints alone keep the workload off nodes where it would run.
func (s candidate) behindTaints() bool { return s.selected() && s.runs() && len(s.barred) > 0 }

func (s candidate) behindArchitectureTaints() bool {
	return s.behindTaints() && !slices.ContainsFunc(s.barred,
		func(t corev1.Taint) bool { return !node.Architectural(t, s.Architecture) })
}

func (s candidate) outcome() Outcome {
	if s.refused {
		return Rejected // whatever its images are
	}
	worst := Runs
	for _, o := range s.outcomes {
		worst = worse(worst, o)
	}
	return worst
}
