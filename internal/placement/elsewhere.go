package placement

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/room"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// elsewhere is the room for a workload on nodes of architectures that its images run on, and that it gives up.
type elsewhere struct {
	architectures []string
	fit           int // of its pods once it may use these too
}

// elsewhere places the pods again, those that do not all fit on the nodes of every architecture that their images run
// on. A DaemonSet has its pods for each node, whatever room there is on others.
func (p planner) elsewhere(ctx context.Context, today []room.Forecast, short []workload) ([]elsewhere, error) {
	all, some := make([]elsewhere, len(short)), false
	workloads := make([]room.Workload, len(short))
	for i, w := range short {
		workloads[i] = p.roomFor(w)
		if today[i].Err != nil || today[i].Fit >= today[i].Wanted || w.daemon() || !p.knows(w) {
			continue
		}
		if wider, to := p.widened(ctx, w); len(to) > 0 {
			workloads[i], all[i].architectures, some = p.roomFor(wider), to, true
		}
	}
	if !some {
		return all, nil
	}
	forecasts, err := room.Foretell(ctx, p.Cluster, workloads, p.scaling())
	if err != nil {
		return nil, err
	}
	for i, f := range forecasts {
		all[i].fit = f.Fit
	}
	return all, nil
}

// words are " Or let it use the arm64 nodes, on which its images run too: all 6 fit then.", or "" where that is no
// help.
func (e elsewhere) words(f room.Forecast) string {
	if len(e.architectures) == 0 || e.fit <= f.Fit {
		return ""
	}
	return fmt.Sprintf(" Or let it use the %s nodes, on which its images run too: %s fit then.",
		platform.Conjoin(e.architectures), share(e.fit, f.Wanted))
}

// widened is the workload as it could be on the nodes that only an architecture keeps it off, by a selector, an
// affinity or a taint, and the names of these architectures.
func (p planner) widened(ctx context.Context, w workload) (workload, []string) {
	s := p.assess(ctx, w)
	closed := s.where(func(at candidate) bool {
		return at.pool == nil && at.known() && p.isClosedByArchitecture(w, at)
	})
	if len(closed) == 0 || p.adder(w, corev1.LabelArchStable) != "" {
		return w, nil
	}
	var there, to []string
	var taints []corev1.Taint
	for _, at := range closed {
		to, taints = append(to, at.Architecture), append(taints, at.barred...)
	}
	for _, at := range s.where(candidate.lands) {
		there = append(there, at.Architecture)
	}
	to = distinct(to)
	wide := repair{architectures: distinct(slices.Concat(there, to)), taints: distinctTaints(taints)}
	wider, _ := patchWith(w, p.PatchTargets[w.source], func(spec map[string]any) map[string]any {
		forgetArchitectures(spec)
		requireArchitectures(spec, map[string]any{}, wide.architectures)
		tolerate(spec, map[string]any{}, wide.taints)
		return nil
	})
	return wider, to
}

// isClosedByArchitecture: the workload runs on the nodes, and nothing but their architecture keeps it off.
func (p planner) isClosedByArchitecture(w workload, at candidate) bool {
	if at.lands() || !at.runs() ||
		slices.ContainsFunc(at.barred, func(t corev1.Taint) bool { return !node.Architectural(t, at.Architecture) }) {
		return false
	}
	any := workload{object: w.object, spec: amended(w.spec, func(spec map[string]any) map[string]any {
		forgetArchitectures(spec)
		return nil
	})}
	return !slices.ContainsFunc(p.requirements(any), func(r requirement) bool { return !r.met(at.any()) })
}

// forgetArchitectures has a pod spec select no architecture. An expression that all nodes meet takes the place of each
// in a term: one that selects nothing matches no node.
func forgetArchitectures(spec map[string]any) {
	delete(child(spec, "nodeSelector"), corev1.LabelArchStable)
	affinity, _ := spec["affinity"].(map[string]any)
	nodes, _ := affinity["nodeAffinity"].(map[string]any)
	required, _ := nodes["requiredDuringSchedulingIgnoredDuringExecution"].(map[string]any)
	terms, _ := required["nodeSelectorTerms"].([]any)
	for _, t := range terms {
		term, _ := t.(map[string]any)
		expressions, _ := term["matchExpressions"].([]any)
		for i, e := range expressions {
			if fields, _ := e.(map[string]any); fields["key"] == corev1.LabelArchStable {
				expressions[i] = map[string]any{"key": corev1.LabelArchStable,
					"operator": string(corev1.NodeSelectorOpExists)}
			}
		}
	}
}
