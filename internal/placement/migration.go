package placement

import (
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Move is what it takes to have a workload run on the nodes of an architecture.
type Move struct {
	// Lands: it may run there as it is.
	Lands bool
	// Runs: its images do. Where not, Containers are those whose images don't.
	Runs       bool
	Containers []MoveContainer
	// Blocks are what keeps it off nodes where its images run, each as a clause: "it does not tolerate TAINT".
	Blocks []string
	// Fix is a patch that lets it onto them, or "" where none is needed or none helps.
	Fix string
}

// MoveContainer is a container whose image does not run on an architecture.
type MoveContainer struct {
	Container, Image string
	Outcome          Outcome
}

// move holds a workload against the nodes of an architecture. The cluster has at least one, if only assumed.
func (p planner) move(ctx context.Context, s assessment, architecture string) Move {
	there := s.where(func(at candidate) bool { return at.Architecture == architecture })
	m := Move{
		Lands: slices.ContainsFunc(there, candidate.lands),
		Runs:  slices.ContainsFunc(there, candidate.runs),
	}
	if !m.Runs {
		m.Containers = s.failing(there)
	}
	if m.Lands || !m.Runs {
		return m
	}
	good := slices.DeleteFunc(there, func(at candidate) bool { return !at.runs() })
	for _, at := range good {
		o := p.opening(s, at)
		m.Blocks = o.blocks
		if fix := p.open(ctx, s, at, o); fix != "" {
			m.Fix = fix
			return m
		}
	}
	return m
}

// failing are the containers that run on none of the candidates.
func (s assessment) failing(candidates []candidate) []MoveContainer {
	var all []MoveContainer
	for i, c := range s.workload.containers {
		worst := Excluded
		for _, at := range candidates {
			worst = worse(worst, at.outcomes[i])
		}
		if worst == Crashes || worst == PullFails {
			all = append(all, MoveContainer{c.name, c.image, worst})
		}
	}
	return all
}

// opening is what would let a workload onto the nodes of a class.
type opening struct {
	blocks []string
	taints []corev1.Taint
	// selectors are the keys of the nodeSelector to drop.
	selectors []string
	// terms: the required node affinity is to be widened.
	terms bool
	node  *corev1.Node
}

func (p planner) opening(s assessment, at candidate) opening {
	o := opening{taints: at.barred, node: at.any()}
	for _, t := range at.barred {
		o.blocks = append(o.blocks, "it does not tolerate "+t.ToString())
	}
	for _, r := range p.requirements(s.workload) {
		switch {
		case r.met(at.any()):
		case r.spec.NodeName != "":
			o.blocks = append(o.blocks, "it asks for "+r.text)
		case r.spec.NodeSelector != nil:
			o.selectors = append(o.selectors, slices.Collect(maps.Keys(r.spec.NodeSelector))...)
			o.blocks = append(o.blocks, "its nodeSelector asks for "+r.text)
		default:
			o.terms = true
			o.blocks = append(o.blocks, "its node affinity asks for "+r.text)
		}
	}
	if len(o.blocks) == 0 && at.obstacle != "" {
		o.blocks = append(o.blocks, "the scheduler says "+at.obstacle)
	}
	return o
}

// open returns the patch that lets the workload onto the nodes of the candidate, and nowhere where it fails; "" where
// there is none.
func (p planner) open(ctx context.Context, s assessment, at candidate, o opening) string {
	if o.addedByServer(s.workload) {
		return ""
	}
	patched, fix := patchWith(s.workload, p.PatchTargets[s.workload.source], o.amend)
	after := p.assess(ctx, patched)
	if !after.candidates[at.index].lands() || !after.fine() {
		return ""
	}
	return fix
}

// addedByServer reports whether what is to be dropped is not in the manifest, so that no patch of it helps.
func (o opening) addedByServer(w workload) bool {
	if w.written == nil {
		return false
	}
	for _, key := range o.selectors {
		if _, own := w.written.NodeSelector[key]; !own {
			return true
		}
	}
	return o.terms && len(requiredTerms(*w.written)) == 0
}

// amend changes a pod spec and returns the part of it that a patch must hold. A null in a patch removes what is there.
func (o opening) amend(spec map[string]any) map[string]any {
	added := repair{taints: o.taints}.amend(spec)
	for _, key := range o.selectors {
		delete(child(spec, "nodeSelector"), key)
		child(added, "nodeSelector")[key] = nil
	}
	if o.terms {
		o.widen(spec, added)
	}
	return added
}

// widen drops from each term of the required node affinity what the node does not meet. Of the architectures that an
// expression names it keeps all, and adds the node's.
func (o opening) widen(spec, added map[string]any) {
	affinity := child(child(spec, "affinity"), "nodeAffinity")
	required := child(affinity, "requiredDuringSchedulingIgnoredDuringExecution")
	terms, _ := required["nodeSelectorTerms"].([]any)
	var kept []any
	for _, t := range terms {
		term, _ := t.(map[string]any)
		expressions, _ := term["matchExpressions"].([]any)
		term["matchExpressions"] = o.met(expressions)
		if len(o.met(expressions)) > 0 || term["matchFields"] != nil {
			kept = append(kept, term)
		}
	}
	patch := child(child(added, "affinity"), "nodeAffinity")
	if len(kept) < len(terms) || len(kept) == 0 { // a term that asks for nothing more admits every node
		delete(affinity, "requiredDuringSchedulingIgnoredDuringExecution")
		patch["requiredDuringSchedulingIgnoredDuringExecution"] = nil
		return
	}
	required["nodeSelectorTerms"] = kept
	patch["requiredDuringSchedulingIgnoredDuringExecution"] = required
}

// met are the expressions that the node meets, those about its architecture widened to it.
func (o opening) met(expressions []any) []any {
	var kept []any
	for _, e := range expressions {
		fields, _ := e.(map[string]any)
		key, _ := fields["key"].(string)
		values, _ := fields["values"].([]any)
		value, labelled := o.node.Labels[key]
		in := slices.Contains(values, any(value)) && labelled
		switch {
		case fields["operator"] == "In" && in, fields["operator"] == "NotIn" && !in,
			fields["operator"] == "Exists" && labelled, fields["operator"] == "DoesNotExist" && !labelled,
			fields["operator"] == "Gt", fields["operator"] == "Lt":
			kept = append(kept, e)
		case key == corev1.LabelArchStable && fields["operator"] == "In":
			wider := maps.Clone(fields)
			wider["values"] = append(slices.Clone(values), any(value))
			kept = append(kept, wider)
		}
	}
	return kept
}
