package placement

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/capacity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
)

// findings puts in words what is wrong with a workload, or, where Spread opened nodes to it, what was done.
func (p planner) findings(s landing.Assessment, r remedy) []finding.Finding {
	var all []finding.Finding
	switch {
	case s.Fine() && r.applied:
		all = opened(s, r)
	case s.Fine():
		all = awaiting(s)
	case slices.ContainsFunc(s.Candidates, landing.Candidate.Fails):
		all = p.failing(s, r)
	default:
		all = []finding.Finding{p.nowhere(s.Announced(), r)}
	}
	if r.applied {
		all = append(all, awaiting(r.after)...)
	}
	gvk := s.Workload.Object.GroupVersionKind()
	for i := range all {
		all[i].Object = object.ID(gvk, s.Workload.Object)
		all[i].Message = s.Workload.Label() + " " + all[i].Message
		all[i].Severity, all[i].Fix = cmp.Or(all[i].Severity, p.severity(s, r)), cmp.Or(r.fix, all[i].Fix)
		if r.applied && r.kept {
			all[i].Fix = "" // it is made
		}
	}
	if err := s.Invalid(); err != nil {
		all = append(all, capacity.Stopped(s.Workload, err))
	}
	return all
}

func (p planner) severity(s landing.Assessment, r remedy) finding.Severity {
	switch {
	case r.applied:
		return finding.Info
	case p.Policy == Warn, s.Workload.Asleep(), p.bound(s.Workload):
		return finding.Warning
	case s.Workload.IsDaemonSet() && !slices.ContainsFunc(s.Candidates, landing.Candidate.Fails):
		return finding.Warning // no node, no pod: nothing would hang
	}
	return finding.Error
}

// failing returns a finding for each architecture and container that would fail there.
func (p planner) failing(s landing.Assessment, r remedy) []finding.Finding {
	var all []finding.Finding
	for i, c := range s.Workload.Containers {
		for _, outcome := range []landing.Outcome{landing.Crashes, landing.PullFails} {
			for _, candidates := range landing.ByArchitecture(s.Where(func(at landing.Candidate) bool {
				return at.Open && !at.Refused && at.Outcomes[i] == outcome
			})) {
				all = append(all, p.failure(s, r, c, outcome, candidates))
			}
		}
	}
	refused := s.Where(func(at landing.Candidate) bool { return at.Open && at.Refused })
	for _, candidates := range landing.ByArchitecture(refused) {
		all = append(all, p.rejected(s, r, candidates))
	}
	slices.SortStableFunc(all, func(a, b finding.Finding) int { return cmp.Compare(a.Architecture, b.Architecture) })
	return all
}

func (p planner) failure(s landing.Assessment, r remedy, c pods.Container, outcome landing.Outcome,
	candidates []landing.Candidate) finding.Finding {
	code, fate := finding.ExecFormatError, "container "+c.Name+" would crash with exec format error"
	switch {
	case c.Volume:
		code, fate = finding.PlatformMissing, "the image of volume "+c.Name+" could not be pulled"
	case outcome == landing.PullFails:
		code, fate = finding.PlatformMissing, "container "+c.Name+" would fail to pull its image"
	}
	platform := candidates[0].PlatformName
	build := "Build it for " + platform
	if r.fix != "" && r.OS != "" && r.OS != candidates[0].OS {
		build = "" // for another OS it would be another program
	}
	advice := r.advice(build)
	if r.fix == "" {
		advice += " No patch helps: " + cmp.Or(r.against, p.landing.Constraint(s.Announced())) + "."
	}
	offers := p.Images[c.Image].String() + " only"
	if foreign, ok := p.landing.ForeignProgram(s.Workload, c, candidates[0].Platform); ok {
		offers = fmt.Sprintf("%s, and the container starts %s", foreign.Platform, foreign.Program)
	}
	name := c.Name
	if c.Volume {
		name = ""
	}
	return finding.Finding{
		Code: code, Container: name, Image: c.Image, Architecture: candidates[0].Architecture,
		Fix: fmt.Sprintf("Build %s for %s.", c.Image, platform),
		Message: fmt.Sprintf("can land on %s, where %s. Image %s offers %s. %s",
			landing.Names(candidates), fate, c.Image, offers, advice),
	}
}

// rejected returns the finding for nodes to which the scheduler would bind the pod, and whose kubelet turns it away:
// spec.os is nothing that the scheduler looks at (https://kubernetes.io/docs/concepts/workloads/pods/#pod-os).
func (p planner) rejected(s landing.Assessment, r remedy, candidates []landing.Candidate) finding.Finding {
	advice := r.advice("Remove spec.os")
	if r.fix == "" {
		advice += " No patch helps: " + cmp.Or(r.against, p.landing.Constraint(s.Announced())) + "."
	}
	return finding.Finding{
		Code: finding.PlatformMissing, Architecture: candidates[0].Architecture,
		Fix: "Remove spec.os, or select nodes with kubernetes.io/os.",
		Message: fmt.Sprintf("can land on %s, where the kubelet would reject it: its spec.os is %s. %s",
			landing.Names(candidates), s.Workload.Spec.OS.Name, advice),
	}
}

// nowhere returns the finding for a workload that no node admits.
func (p planner) nowhere(s landing.Assessment, r remedy) finding.Finding {
	if len(s.Where(landing.Candidate.BehindTaints)) == 0 {
		fix := "Change nodeSelector or nodeAffinity, or add a node that they match."
		if len(s.Where(landing.Candidate.Runs)) == 0 {
			fix = "Build its images for a platform that the nodes have, or add a node of theirs."
		}
		if selected := landing.Inside(s.Where(landing.Candidate.Runs)); tooBig(selected) {
			return finding.Finding{
				Code: finding.InsufficientCapacity, Message: "could land nowhere: " + p.landing.Constraint(s) + ".",
				Fix: "Lower its requests, or add a node that has as much.",
			}
		} else if len(selected) > 0 {
			fix = "Add a node that can take it, or change what it asks for."
		}
		return finding.Finding{Code: finding.NoMatchingNode, Message: "could land nowhere: " + p.landing.Constraint(s) + ".",
			Fix: fix}
	}
	return finding.Finding{
		Code: finding.UntoleratedTaint, Architecture: s.Closed()[0].Architecture,
		Message: fmt.Sprintf("could land nowhere: %s. %s%s", p.landing.Constraint(s), r.advice(""), r.alternatives()),
	}
}

// awaiting says what a workload that is fine has to wait for: nodes that take no pods now, or that are not there.
func awaiting(s landing.Assessment) []finding.Finding {
	homes := s.Where(landing.Candidate.Settles)
	if s.Workload.IsDaemonSet() || s.Workload.Spec.NodeName != "" || len(homes) == 0 {
		return nil
	}
	if slices.ContainsFunc(homes, func(at landing.Candidate) bool { return at.Pool == nil }) {
		return resting(homes)
	}
	f := finding.Finding{
		Code: finding.EmptyPool, Severity: finding.Info, Architecture: homes[0].Architecture,
		Message: fmt.Sprintf("can run only on %s: its pods wait until there is one.", landing.Names(homes)),
		Fix:     "Add a node to the pool.",
	}
	if growing := slices.IndexFunc(homes, func(at landing.Candidate) bool { return at.Pool.Grows }); growing >= 0 {
		f.Fix = "Nothing: " + homes[growing].Pool.Title() + " gets a node when pods wait for it."
	}
	return []finding.Finding{f}
}

// resting warns of a workload of which every node that would take it takes no pods now. The plan stays what it is:
// cordons and reboots end.
func resting(homes []landing.Candidate) []finding.Finding {
	var why []string
	for _, at := range homes {
		if len(at.Resting) < len(at.Names) || at.Pool != nil && at.Pool.Grows {
			return nil
		}
		why = append(why, at.Resting...)
	}
	slices.Sort(why)
	return []finding.Finding{{
		Code: finding.NoMatchingNode, Severity: finding.Warning,
		Message: "waits for nodes that take no pods now: " + landing.Listed(why, len(why)) + ".",
		Fix:     "Uncordon them, or wait until they are ready.",
	}}
}

// tooBig: all nodes would do if they were bigger.
func tooBig(candidates []landing.Candidate) bool {
	return len(candidates) > 0 &&
		!slices.ContainsFunc(candidates, func(at landing.Candidate) bool { return !schedule.IsShortage(at.Obstacle) })
}

// opened returns a note for each architecture that Spread opened to a workload that ran elsewhere before.
func opened(s landing.Assessment, r remedy) []finding.Finding {
	var all []finding.Finding
	for _, candidates := range landing.ByArchitecture(s.Where(landing.Candidate.BehindArchitectureTaints)) {
		all = append(all, finding.Finding{
			Code: finding.UntoleratedTaint, Architecture: candidates[0].Architecture,
			Message: fmt.Sprintf("also runs on %s, where taints alone keep it off. %s", landing.Names(candidates), r.advice("")),
		})
	}
	return all
}

// bound: a bare pod that has its node already stays there, whatever else it could land on.
func (p planner) bound(w pods.Workload) bool {
	return w.IsPod() && slices.ContainsFunc(p.Cluster.Pods, func(pod corev1.Pod) bool {
		return pod.Namespace == w.Object.GetNamespace() && pod.Name == w.Object.GetName() && pod.Spec.NodeName != ""
	})
}
