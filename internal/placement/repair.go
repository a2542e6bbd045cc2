package placement

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// repair is a change to a pod spec that keeps it on nodes where it runs, or lets it onto them. Zero fields change nothing.
type repair struct {
	architectures []string // GOARCH values in order; nodes of others are out
	os            string   // nodes of another are out
	taints        []corev1.Taint
}

// remedy is a repair that was seen to work; without a fix it is none.
type remedy struct {
	repair
	fix     string // as a patch to paste
	applied bool   // by the policy
	after   survey
}

// remedy finds the least repair after which the workload is fine, and under Spread the one that opens most nodes to it.
// Tolerations that are not about an architecture are left to the reader: no policy applies them. Nor are nodes opened
// to a workload that does without them while nobody knows whether its images run there.
func (p planner) remedy(s survey) remedy {
	stay, open := s.where(site.lands), s.where(site.behindArchitectureTaints)
	if p.policy == Spread && len(open) > 0 && p.knows(s.workload) {
		if r := p.try(s, slices.Concat(stay, open)); r.fix != "" {
			return p.applied(r)
		}
	}
	switch {
	case s.fine():
		return remedy{}
	case len(stay) > 0:
		return p.applied(p.try(s, stay))
	case len(open) > 0:
		return p.applied(p.try(s, open))
	}
	return p.try(s, s.where(site.behindTaints))
}

func (p planner) applied(r remedy) remedy {
	r.applied = r.fix != "" && (p.policy == Pin || p.policy == Spread)
	return r
}

// try looks for the least repair with which the workload lands on all the targets and on no node where it fails.
func (p planner) try(s survey, targets []site) remedy {
	if slices.ContainsFunc(targets, site.known) { // no patch can name the architecture of the others
		targets = slices.DeleteFunc(targets, func(t site) bool { return !t.known() })
	}
	if len(targets) == 0 {
		return remedy{}
	}
	for _, r := range repairs(targets) {
		patched, fix := r.patch(s.workload, p.targets[s.workload.object])
		after := p.survey(patched)
		missed := slices.ContainsFunc(targets, func(t site) bool { return !after.sites[t.index].lands() })
		if !missed && after.fine() {
			return remedy{repair: r, fix: fix, after: after}
		}
	}
	return remedy{}
}

// repairs lists what could be tried, least first: tolerations alone, then an architecture, an OS, or both with them.
func repairs(targets []site) []repair {
	var arches, systems []string
	var taints []corev1.Taint
	for _, t := range targets {
		arches = append(arches, t.Architecture)
		systems = append(systems, t.OS)
		taints = append(taints, t.barred...)
	}
	arches, systems, taints = distinct(arches), distinct(systems), distinctTaints(taints)
	all := []repair{{taints: taints}, {taints: taints, architectures: arches}}
	if len(systems) == 1 {
		all = append(all, repair{taints: taints, os: systems[0]}, repair{taints: taints, os: systems[0], architectures: arches})
	}
	return all
}

func distinct(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// distinctTaints drops repetitions; a toleration asks for key, value and effect, not for the time a taint was added.
func distinctTaints(taints []corev1.Taint) []corev1.Taint {
	var all []corev1.Taint
	for _, t := range taints {
		if !slices.ContainsFunc(all, func(u corev1.Taint) bool { return u.MatchTaint(&t) && u.Value == t.Value }) {
			all = append(all, t)
		}
	}
	return all
}
