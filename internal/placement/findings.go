package placement

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// findings puts in words what is wrong with a workload, or, where Spread opened nodes to it, what was done.
func (p planner) findings(s assessment, r remedy) []finding.Finding {
	var all []finding.Finding
	switch {
	case s.fine() && r.applied:
		all = opened(s, r)
	case s.fine():
		all = awaiting(s)
	case slices.ContainsFunc(s.candidates, candidate.fails):
		all = p.failing(s, r)
	default:
		all = []finding.Finding{p.nowhere(s.announced(), r)}
	}
	if r.applied {
		all = append(all, awaiting(r.after)...)
	}
	gvk := s.workload.object.GroupVersionKind()
	for i := range all {
		all[i].Object = object.ID(gvk, s.workload.object)
		all[i].Message = s.workload.label() + " " + all[i].Message
		all[i].Severity, all[i].Fix = cmp.Or(all[i].Severity, p.severity(s, r)), cmp.Or(r.fix, all[i].Fix)
		if r.applied && r.kept {
			all[i].Fix = "" // it is made
		}
	}
	if err := p.invalid(s.workload, s); err != nil {
		all = append(all, p.stopped(s.workload, err))
	}
	return all
}

func (p planner) severity(s assessment, r remedy) finding.Severity {
	switch {
	case r.applied:
		return finding.Info
	case p.Policy == Warn, s.workload.asleep(), p.bound(s.workload):
		return finding.Warning
	case s.workload.daemon() && !slices.ContainsFunc(s.candidates, candidate.fails):
		return finding.Warning // no node, no pod: nothing would hang
	}
	return finding.Error
}

// failing returns a finding for each architecture and container that would fail there.
func (p planner) failing(s assessment, r remedy) []finding.Finding {
	var all []finding.Finding
	for i, c := range s.workload.containers {
		for _, outcome := range []Outcome{Crashes, PullFails} {
			for _, candidates := range byArchitecture(s.where(func(at candidate) bool {
				return at.open && !at.refused && at.outcomes[i] == outcome
			})) {
				all = append(all, p.failure(s, r, c, outcome, candidates))
			}
		}
	}
	for _, candidates := range byArchitecture(s.where(func(at candidate) bool { return at.open && at.refused })) {
		all = append(all, p.rejected(s, r, candidates))
	}
	slices.SortStableFunc(all, func(a, b finding.Finding) int { return cmp.Compare(a.Architecture, b.Architecture) })
	return all
}

func (p planner) failure(s assessment, r remedy, c container, outcome Outcome, candidates []candidate) finding.Finding {
	code, fate := finding.ExecFormatError, "container "+c.name+" would crash with exec format error"
	switch {
	case c.volume:
		code, fate = finding.PlatformMissing, "the image of volume "+c.name+" could not be pulled"
	case outcome == PullFails:
		code, fate = finding.PlatformMissing, "container "+c.name+" would fail to pull its image"
	}
	platform := candidates[0].platform
	build := "Build it for " + platform
	if r.fix != "" && r.os != "" && r.os != candidates[0].OS {
		build = "" // for another OS it would be another program
	}
	advice := r.advice(build)
	if r.fix == "" {
		advice += " No patch helps: " + cmp.Or(r.against, p.constraint(s.announced())) + "."
	}
	offers := p.Images[c.image].String() + " only"
	if foreign, ok := p.foreign(s.workload, c, *candidates[0].nodeClass); ok {
		offers = fmt.Sprintf("%s, and the container starts %s", foreign.Platform, foreign.Program)
	}
	name := c.name
	if c.volume {
		name = ""
	}
	return finding.Finding{
		Code: code, Container: name, Image: c.image, Architecture: candidates[0].Architecture,
		Fix: fmt.Sprintf("Build %s for %s.", c.image, platform),
		Message: fmt.Sprintf("can land on %s, where %s. Image %s offers %s. %s",
			nodeNames(candidates), fate, c.image, offers, advice),
	}
}

// rejected returns the finding for nodes to which the scheduler would bind the pod, and whose kubelet turns it away:
// spec.os is nothing that the scheduler looks at (https://kubernetes.io/docs/concepts/workloads/pods/#pod-os).
func (p planner) rejected(s assessment, r remedy, candidates []candidate) finding.Finding {
	advice := r.advice("Remove spec.os")
	if r.fix == "" {
		advice += " No patch helps: " + cmp.Or(r.against, p.constraint(s.announced())) + "."
	}
	return finding.Finding{
		Code: finding.PlatformMissing, Architecture: candidates[0].Architecture,
		Fix: "Remove spec.os, or select nodes with kubernetes.io/os.",
		Message: fmt.Sprintf("can land on %s, where the kubelet would reject it: its spec.os is %s. %s",
			nodeNames(candidates), s.workload.spec.OS.Name, advice),
	}
}

// nowhere returns the finding for a workload that no node admits.
func (p planner) nowhere(s assessment, r remedy) finding.Finding {
	if len(s.where(candidate.behindTaints)) == 0 {
		fix := "Change nodeSelector or nodeAffinity, or add a node that they match."
		if len(s.where(candidate.runs)) == 0 {
			fix = "Build its images for a platform that the nodes have, or add a node of theirs."
		}
		if selected := inside(s.where(candidate.runs)); tooBig(selected) {
			return finding.Finding{
				Code: finding.InsufficientCapacity, Message: "could land nowhere: " + p.constraint(s) + ".",
				Fix: "Lower its requests, or add a node that has as much.",
			}
		} else if len(selected) > 0 {
			fix = "Add a node that can take it, or change what it asks for."
		}
		return finding.Finding{Code: finding.NoMatchingNode, Message: "could land nowhere: " + p.constraint(s) + ".",
			Fix: fix}
	}
	return finding.Finding{
		Code: finding.UntoleratedTaint, Architecture: s.closed()[0].Architecture,
		Message: fmt.Sprintf("could land nowhere: %s. %s%s", p.constraint(s), r.advice(""), r.alternatives()),
	}
}

// awaiting says what a workload that is fine has to wait for: nodes that take no pods now, or that are not there.
func awaiting(s assessment) []finding.Finding {
	homes := s.where(candidate.settles)
	if s.workload.daemon() || s.workload.spec.NodeName != "" || len(homes) == 0 {
		return nil
	}
	if slices.ContainsFunc(homes, func(at candidate) bool { return at.pool == nil }) {
		return resting(homes)
	}
	f := finding.Finding{
		Code: finding.EmptyPool, Severity: finding.Info, Architecture: homes[0].Architecture,
		Message: fmt.Sprintf("can run only on %s: its pods wait until there is one.", nodeNames(homes)),
		Fix:     "Add a node to the pool.",
	}
	if growing := slices.IndexFunc(homes, func(at candidate) bool { return at.pool.Grows }); growing >= 0 {
		f.Fix = "Nothing: " + homes[growing].pool.Title() + " gets a node when pods wait for it."
	}
	return []finding.Finding{f}
}

// resting warns of a workload of which every node that would take it takes no pods now. The plan stays what it is:
// cordons and reboots end.
func resting(homes []candidate) []finding.Finding {
	var why []string
	for _, at := range homes {
		if len(at.resting) < len(at.names) || at.pool != nil && at.pool.Grows {
			return nil
		}
		why = append(why, at.resting...)
	}
	slices.Sort(why)
	shown := platform.Conjoin(why[:min(namesShown, len(why))])
	if more := len(why) - namesShown; more > 0 {
		shown = fmt.Sprintf("%s and %d more", strings.Join(why[:namesShown], ", "), more)
	}
	return []finding.Finding{{
		Code: finding.NoMatchingNode, Severity: finding.Warning,
		Message: "waits for nodes that take no pods now: " + shown + ".",
		Fix:     "Uncordon them, or wait until they are ready.",
	}}
}

// tooBig: all nodes would do if they were bigger.
func tooBig(candidates []candidate) bool {
	return len(candidates) > 0 &&
		!slices.ContainsFunc(candidates, func(at candidate) bool { return !isShortage(at.obstacle) })
}

// opened returns a note for each architecture that Spread opened to a workload that ran elsewhere before.
func opened(s assessment, r remedy) []finding.Finding {
	var all []finding.Finding
	for _, candidates := range byArchitecture(s.where(candidate.behindArchitectureTaints)) {
		all = append(all, finding.Finding{
			Code: finding.UntoleratedTaint, Architecture: candidates[0].Architecture,
			Message: fmt.Sprintf("also runs on %s, where taints alone keep it off. %s", nodeNames(candidates), r.advice("")),
		})
	}
	return all
}
