package placement

import (
	"context"
	"slices"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/patch"
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
	Outcome          landing.Outcome
}

// move holds a workload against the nodes of an architecture. The cluster has at least one, if only assumed.
func (p planner) move(ctx context.Context, s landing.Assessment, architecture string) Move {
	there := s.Where(func(at landing.Candidate) bool { return at.Architecture == architecture })
	m := Move{
		Lands: slices.ContainsFunc(there, landing.Candidate.Lands),
		Runs:  slices.ContainsFunc(there, landing.Candidate.Runs),
	}
	if !m.Runs {
		m.Containers = failing(s, there)
	}
	if m.Lands || !m.Runs {
		return m
	}
	good := slices.DeleteFunc(there, func(at landing.Candidate) bool { return !at.Runs() })
	for _, at := range good {
		o, blocks := p.landing.Opening(s, at)
		m.Blocks = blocks
		if fix := p.open(ctx, s, at, o); fix != "" {
			m.Fix = fix
			return m
		}
	}
	return m
}

// failing are the containers of a workload that run on none of the candidates.
func failing(s landing.Assessment, candidates []landing.Candidate) []MoveContainer {
	var all []MoveContainer
	for i, c := range s.Workload.Containers {
		worst := landing.Excluded
		for _, at := range candidates {
			worst = landing.Worse(worst, at.Outcomes[i])
		}
		if worst == landing.Crashes || worst == landing.PullFails {
			all = append(all, MoveContainer{c.Name, c.Image, worst})
		}
	}
	return all
}

// open returns the patch that lets the workload onto the nodes of the candidate, and nowhere where it fails; "" where
// there is none.
func (p planner) open(ctx context.Context, s landing.Assessment, at landing.Candidate, o patch.Opening) string {
	if o.AddedByServer(s.Workload) {
		return ""
	}
	patched, fix := o.Make(s.Workload, p.PatchTargets[s.Workload.Source])
	after := p.landing.Assess(ctx, patched)
	if !after.Candidates[at.Index].Lands() || !after.Fine() {
		return ""
	}
	return fix
}
