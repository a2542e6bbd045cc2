package placement

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

// survey is one workload held against every shape of node.
type survey struct {
	workload workload
	sites    []site // one a shape, in the shapes' order
}

// site is a shape of node seen from a workload.
type site struct {
	*shape
	index    int            // in the survey
	selected bool           // by node name, OS, selectors and affinity
	barred   []corev1.Taint // that the workload does not tolerate
	outcomes []Outcome      // one a container, were it started here
}

func (p planner) survey(w workload) survey {
	s := survey{workload: w, sites: make([]site, len(p.shapes))}
	affinity := nodeaffinity.NewRequiredNodeAffinity(w.spec.NodeSelector, w.spec.Affinity)
	outcomes := p.outcomes(w)
	for i := range p.shapes {
		shape := &p.shapes[i]
		s.sites[i] = site{
			shape: shape, index: i, outcomes: outcomes[shape.platform],
			selected: selects(w.spec, affinity, shape.node), barred: bars(w, shape.taints),
		}
	}
	return s
}

// outcomes are those of a workload's containers, by platform: many shapes share one.
func (p planner) outcomes(w workload) map[string][]Outcome {
	all := map[string][]Outcome{}
	for _, shape := range p.shapes {
		if _, done := all[shape.platform]; done {
			continue
		}
		all[shape.platform] = make([]Outcome, len(w.containers))
		for i, c := range w.containers {
			all[shape.platform][i] = p.outcome(c.image, shape)
		}
	}
	return all
}

func (p planner) outcome(image string, s shape) Outcome {
	if known, ok := p.images[image]; ok && s.Architecture != node.Unknown {
		return outcomeOf(known, s.Platform)
	}
	return Runs
}

// knows tells whether every image of a workload was read. Of the others it is only hoped that they run.
func (p planner) knows(w workload) bool {
	return !slices.ContainsFunc(w.containers, func(c container) bool {
		_, known := p.images[c.image]
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
func (s survey) fine() bool {
	return slices.ContainsFunc(s.sites, site.lands) && !slices.ContainsFunc(s.sites, site.fails)
}

// where returns the sites of which is holds.
func (s survey) where(is func(site) bool) []site {
	var all []site
	for _, at := range s.sites {
		if is(at) {
			all = append(all, at)
		}
	}
	return all
}

// known: it is known what CPU the nodes have.
func (s site) known() bool { return s.Architecture != node.Unknown }

func (s site) admitted() bool { return s.selected && len(s.barred) == 0 }
func (s site) runs() bool     { return s.outcome() == Runs }
func (s site) lands() bool    { return s.admitted() && s.runs() }
func (s site) fails() bool    { return s.admitted() && !s.runs() }

// behindTaints: taints alone keep the workload off nodes where it would run.
func (s site) behindTaints() bool { return s.selected && s.runs() && len(s.barred) > 0 }

func (s site) behindArchitectureTaints() bool {
	return s.behindTaints() && !slices.ContainsFunc(s.barred, func(t corev1.Taint) bool { return !node.Architectural(t, s.Architecture) })
}

func (s site) outcome() Outcome {
	worst := Runs
	for _, o := range s.outcomes {
		worst = worse(worst, o)
	}
	return worst
}
