package placement

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

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
	selected bool           // by node name, OS, selectors and affinity
	barred   []corev1.Taint // that the workload does not tolerate
	outcomes []Outcome      // one a container, were it started here
}

func (p planner) assess(w workload) assessment {
	s := assessment{workload: w, candidates: make([]candidate, len(p.classes))}
	affinity := nodeaffinity.NewRequiredNodeAffinity(w.spec.NodeSelector, w.spec.Affinity)
	outcomes := p.outcomes(w)
	for i := range p.classes {
		nodeClass := &p.classes[i]
		s.candidates[i] = candidate{
			nodeClass: nodeClass, index: i, outcomes: outcomes[nodeClass.platform],
			selected: selects(w.spec, affinity, nodeClass.node), barred: bars(w, nodeClass.taints),
		}
	}
	return s
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
			all[nodeClass.platform][i] = p.outcome(c.image, nodeClass)
		}
	}
	return all
}

func (p planner) outcome(image string, s nodeClass) Outcome {
	if known, ok := p.Images[image]; ok && s.Architecture != node.Unknown {
		return outcomeOf(known, s.Platform)
	}
	return Runs
}

// knows tells whether every image of a workload was read. Of the others it is only hoped that they run.
func (p planner) knows(w workload) bool {
	return !slices.ContainsFunc(w.containers, func(c container) bool {
		_, known := p.Images[c.image]
		return !known
	})
}

// selects tells whether a node is what the pod asks for. kube-scheduler matches selectors and affinity, and the kubelet does
// it again for a pod that names its node; os.name is the kubelet's alone, which turns pods for another OS away.
func selects(spec corev1.PodSpec, affinity nodeaffinity.RequiredNodeAffinity, n *corev1.Node) bool {
	if spec.NodeName != "" && spec.NodeName != n.Name {
		return false
	}
	if spec.OS != nil && string(spec.OS.Name) != node.Platform(n).OS {
		return false
	}
	match, err := affinity.Match(n) // a term that does not parse matches nothing, and the API server refuses it
	return match && err == nil
}

// bars returns the taints that keep the workload off. A pod that names its node goes past the scheduler, and only
// NoExecute drives it away; a DaemonSet's controller heeds all taints even then.
func bars(w workload, taints []corev1.Taint) []corev1.Taint {
	bypass := w.spec.NodeName != "" && !w.daemon()
	return slices.DeleteFunc(node.Untolerated(w.spec.Tolerations, taints), func(t corev1.Taint) bool {
		return bypass && t.Effect != corev1.TaintEffectNoExecute
	})
}

// fine: the workload runs somewhere, and wherever it can land.
func (s assessment) fine() bool {
	return slices.ContainsFunc(s.candidates, candidate.lands) && !slices.ContainsFunc(s.candidates, candidate.fails)
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

func (s candidate) admitted() bool { return s.selected && len(s.barred) == 0 }
func (s candidate) runs() bool     { return s.outcome() == Runs }
func (s candidate) lands() bool    { return s.admitted() && s.runs() }
func (s candidate) fails() bool    { return s.admitted() && !s.runs() }

// behindTaints: taints alone keep the workload off nodes where it would run.
func (s candidate) behindTaints() bool { return s.selected && s.runs() && len(s.barred) > 0 }

func (s candidate) behindArchitectureTaints() bool {
	return s.behindTaints() && !slices.ContainsFunc(s.barred, func(t corev1.Taint) bool { return !node.Architectural(t, s.Architecture) })
}

func (s candidate) outcome() Outcome {
	worst := Runs
	for _, o := range s.outcomes {
		worst = worse(worst, o)
	}
	return worst
}
