package placement

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// repair is a change to a pod spec that keeps it on nodes where it runs, or lets it onto them. Zero fields change
// nothing.
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
	after   assessment
}

// remedy finds the least repair after which the workload is fine, and under Spread the one that opens most nodes to it.
// Tolerations that are not about an architecture are left to the reader: no policy applies them. Nor are nodes opened
// to a workload that does without them while nobody knows whether its images run there.
func (p planner) remedy(ctx context.Context, s assessment) remedy {
	stay, open := s.where(candidate.lands), s.where(candidate.behindArchitectureTaints)
	if p.Policy == Spread && len(open) > 0 && p.knows(s.workload) {
		if r := p.try(ctx, s, slices.Concat(stay, open)); r.fix != "" {
			return p.applied(r)
		}
	}
	switch {
	case s.fine():
		return remedy{}
	case len(stay) > 0:
		return p.applied(p.try(ctx, s, stay))
	case len(open) > 0:
		return p.applied(p.try(ctx, s, open))
	}
	return p.try(ctx, s, s.where(candidate.behindTaints))
}

func (p planner) applied(r remedy) remedy {
	r.applied = r.fix != "" && (p.Policy == Pin || p.Policy == Spread)
	return r
}

// try looks for the least repair with which the workload lands on all the wanted nodes and on no node where it fails.
func (p planner) try(ctx context.Context, s assessment, wanted []candidate) remedy {
	if slices.ContainsFunc(wanted, candidate.known) { // no patch can name the architecture of the others
		wanted = slices.DeleteFunc(wanted, func(t candidate) bool { return !t.known() })
	}
	if len(wanted) == 0 {
		return remedy{}
	}
	for _, r := range repairs(wanted, s.where(candidate.fails)) {
		if r.contradicts(s.workload) {
			continue
		}
		patched, fix := r.patch(s.workload, p.PatchTargets[s.workload.object])
		after := p.assess(ctx, patched)
		missed := slices.ContainsFunc(wanted, func(t candidate) bool { return !after.candidates[t.index].lands() })
		if !missed && after.fine() {
			return remedy{repair: r, fix: fix, after: after}
		}
	}
	return remedy{}
}

// repairs lists what could be tried, least first: tolerations alone, then an architecture, an OS, or both with them.
// The OS goes first where it sets all nodes apart on which the workload fails.
func repairs(wanted, failing []candidate) []repair {
	var arches, systems []string
	var taints []corev1.Taint
	for _, t := range wanted {
		arches = append(arches, t.Architecture)
		systems = append(systems, t.OS)
		taints = append(taints, t.barred...)
	}
	arches, systems, taints = distinct(arches), distinct(systems), distinctTaints(taints)
	alone, byArch := repair{taints: taints}, repair{taints: taints, architectures: arches}
	if len(systems) != 1 {
		return []repair{alone, byArch}
	}
	byOS := repair{taints: taints, os: systems[0]}
	both := repair{taints: taints, os: systems[0], architectures: arches}
	if slices.ContainsFunc(failing, func(at candidate) bool { return at.OS == systems[0] }) {
		return []repair{alone, byArch, byOS, both}
	}
	return []repair{alone, byOS, byArch, both}
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
