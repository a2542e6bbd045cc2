package placement

import (
	"cmp"
	"context"
	"slices"
	"strings"

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
	patch   string // fix without the comment on how to list it
	applied bool   // by the policy
	after   assessment
	// others are groups of nodes that other tolerations would open, where one was chosen.
	others [][]candidate
	// against is what speaks against any patch, as a clause; "" where that is for the constraint to say.
	against string
	kept    bool // in the repository, not for one deploy
}

// remedy finds the least repair after which the workload is fine, and under Spread the one that opens most nodes to it.
// Tolerations that are not about an architecture are left to the reader: no policy applies them. Nor are nodes opened
// to a workload that does without them while nobody knows whether its images run there.
func (p planner) remedy(ctx context.Context, s assessment) remedy {
	if why := p.unpatchable(s.workload); why != "" {
		return remedy{against: why}
	}
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
		return p.applied(p.openOne(ctx, s, open))
	}
	return p.openOne(ctx, s, s.where(candidate.behindTaints))
}

// unpatchable says why no patch of a workload can be offered, whatever is in it; "" where one may help.
func (p planner) unpatchable(w workload) string {
	if words := p.Refused[w.key()]; words != "" {
		return "the API server refuses the patch: " + words
	}
	return w.template.Fixed
}

func (p planner) applied(r remedy) remedy {
	r.applied = r.fix != "" && (p.Policy == Pin || p.Policy == Spread)
	return r
}

// openOne looks for the repair that tolerates the taints of one group of nodes, the one that opens most of them:
// whoever tolerates one taint need not tolerate another team's.
func (p planner) openOne(ctx context.Context, s assessment, closed []candidate) remedy {
	groups := byTaints(closed)
	var last remedy
	for i, group := range groups {
		r := p.try(ctx, s, group)
		if r.fix != "" {
			for _, other := range groups[i+1:] {
				if p.try(ctx, s, other).fix != "" {
					r.others = append(r.others, other)
				}
			}
			return r
		}
		last.against = cmp.Or(last.against, r.against)
	}
	return last
}

// byTaints groups candidates that the same tolerations open, those with the most nodes first.
func byTaints(candidates []candidate) [][]candidate {
	var groups [][]candidate
	index := map[string]int{}
	for _, at := range candidates {
		key := strings.Join(distinct(taintTexts(at.barred)), ",")
		i, found := index[key]
		if !found {
			i = len(groups)
			index[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], at)
	}
	slices.SortStableFunc(groups, func(a, b []candidate) int { return cmp.Compare(countNodes(b), countNodes(a)) })
	return groups
}

func countNodes(candidates []candidate) int {
	n := 0
	for _, at := range candidates {
		n += len(at.names)
	}
	return n
}

// try looks for the least repair with which the workload lands on all the wanted nodes and on no node where it fails.
func (p planner) try(ctx context.Context, s assessment, wanted []candidate) (none remedy) {
	if slices.ContainsFunc(wanted, candidate.known) { // no patch can name the architecture of the others
		wanted = slices.DeleteFunc(slices.Clone(wanted), func(t candidate) bool { return !t.known() })
	}
	if len(wanted) == 0 {
		return none
	}
	for _, r := range repairs(wanted, s.where(candidate.fails)) {
		if why := p.contradicted(r, s.workload); why != "" {
			none.against = cmp.Or(none.against, why)
			continue
		}
		target := p.PatchTargets[s.workload.source]
		patched, patch := r.patch(s.workload, target)
		after := p.assess(ctx, patched)
		missed := slices.ContainsFunc(wanted, func(t candidate) bool { return !after.candidates[t.index].lands() })
		if missed || !after.fine() {
			continue
		}
		if why := p.parted(ctx, after); why != "" {
			none.against = cmp.Or(none.against, why)
			continue
		}
		return remedy{repair: r, fix: target.listed(s.workload, patch), patch: patch, after: after, kept: p.PatchesAreKept}
	}
	return none
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
