package placement

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/patch"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
)

// remedy is a repair that was seen to work; without a fix it is none.
type remedy struct {
	patch.Repair
	fix     string // as a patch to paste
	patch   string // fix without the comment on how to list it
	applied bool   // by the policy
	after   landing.Assessment
	// others are groups of nodes that other tolerations would open, where one was chosen.
	others [][]landing.Candidate
	// against is what speaks against any patch, as a clause; "" where that is for the constraint to say.
	against string
	kept    bool // in the repository, not for one deploy
}

// remedy finds the least repair after which the workload is fine, and under Spread the one that opens most nodes to it.
// Tolerations that are not about an architecture are left to the reader: no policy applies them. Nor are nodes opened
// to a workload that does without them while nobody knows whether its images run there.
func (p planner) remedy(ctx context.Context, s landing.Assessment) remedy {
	if why := p.unpatchable(s.Workload); why != "" {
		return remedy{against: why}
	}
	stay, open := s.Where(landing.Candidate.Lands), s.Where(landing.Candidate.BehindArchitectureTaints)
	if p.Policy == Spread && len(open) > 0 && p.landing.Knows(s.Workload) {
		if r := p.try(ctx, s, slices.Concat(stay, open)); r.fix != "" {
			return p.applied(r)
		}
	}
	switch {
	case s.Fine():
		return remedy{}
	case len(stay) > 0:
		return p.applied(p.try(ctx, s, stay))
	case len(open) > 0:
		return p.applied(p.openOne(ctx, s, open))
	}
	return p.openOne(ctx, s, s.Where(landing.Candidate.BehindTaints))
}

// unpatchable says why no patch of a workload can be offered, whatever is in it; "" where one may help.
func (p planner) unpatchable(w pods.Workload) string {
	if words := p.Refused[w.Key()]; words != "" {
		return "the API server refuses the patch: " + words
	}
	return w.Template.Fixed
}

func (p planner) applied(r remedy) remedy {
	r.applied = r.fix != "" && (p.Policy == Pin || p.Policy == Spread)
	return r
}

// openOne looks for the repair that tolerates the taints of one group of nodes, the one that opens most of them:
// whoever tolerates one taint need not tolerate another team's.
func (p planner) openOne(ctx context.Context, s landing.Assessment, closed []landing.Candidate) remedy {
	groups := landing.ByTaints(closed)
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

// try looks for the least repair with which the workload lands on all the wanted nodes and on no node where it fails.
func (p planner) try(ctx context.Context, s landing.Assessment, wanted []landing.Candidate) (none remedy) {
	if slices.ContainsFunc(wanted, landing.Candidate.Known) { // no patch can name the architecture of the others
		wanted = slices.DeleteFunc(slices.Clone(wanted), func(t landing.Candidate) bool { return !t.Known() })
	}
	if len(wanted) == 0 {
		return none
	}
	for _, r := range repairs(wanted, s.Where(landing.Candidate.Fails)) {
		if why := p.contradicted(r, s.Workload); why != "" {
			none.against = cmp.Or(none.against, why)
			continue
		}
		target := p.PatchTargets[s.Workload.Source]
		patched, patch := r.Make(s.Workload, target)
		after := p.landing.Assess(ctx, patched)
		missed := slices.ContainsFunc(wanted, func(t landing.Candidate) bool { return !after.Candidates[t.Index].Lands() })
		if missed || !after.Fine() {
			continue
		}
		if why := p.landing.Parted(ctx, after); why != "" {
			none.against = cmp.Or(none.against, why)
			continue
		}
		return remedy{Repair: r, fix: target.Listed(s.Workload, patch), patch: patch, after: after, kept: p.PatchesAreKept}
	}
	return none
}

// repairs lists what could be tried, least first: tolerations alone, then an architecture, an OS, or both with them.
// The OS goes first where it sets all nodes apart on which the workload fails.
func repairs(wanted, failing []landing.Candidate) []patch.Repair {
	var arches, systems []string
	var taints []corev1.Taint
	for _, t := range wanted {
		arches = append(arches, t.Architecture)
		systems = append(systems, t.OS)
		taints = append(taints, t.Barred...)
	}
	slices.Sort(arches)
	slices.Sort(systems)
	arches, systems, taints = slices.Compact(arches), slices.Compact(systems), node.DistinctTaints(taints)
	alone, byArch := patch.Repair{Taints: taints}, patch.Repair{Taints: taints, Architectures: arches}
	if len(systems) != 1 {
		return []patch.Repair{alone, byArch}
	}
	byOS := patch.Repair{Taints: taints, OS: systems[0]}
	both := patch.Repair{Taints: taints, OS: systems[0], Architectures: arches}
	if slices.ContainsFunc(failing, func(at landing.Candidate) bool { return at.OS == systems[0] }) {
		return []patch.Repair{alone, byArch, byOS, both}
	}
	return []patch.Repair{alone, byOS, byArch, both}
}

// contradicted names what the server has added to the pod that selects nodes by a label of which the repair needs
// another value: the server would refuse the pods then. It is "" where there is no such thing.
func (p planner) contradicted(r patch.Repair, w pods.Workload) string {
	selects := map[string]string{}
	if r.OS != "" {
		selects[corev1.LabelOSStable] = r.OS
	}
	if len(r.Architectures) == 1 {
		selects[corev1.LabelArchStable] = r.Architectures[0]
	}
	for _, label := range slices.Sorted(maps.Keys(selects)) {
		added, ok := w.Spec.NodeSelector[label]
		if who := w.Adder(label, p.Cluster.Namespaces); ok && who != "" && added != selects[label] {
			return fmt.Sprintf("%s selects %s=%s, and it needs %s=%s", who, label, added, label, selects[label])
		}
	}
	return ""
}
