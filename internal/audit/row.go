package audit

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

func (r Request) row(i int) Row {
	w, now, later := r.Workloads[i], r.Now[i], r.Later[i]
	move := later.Moves[r.Architecture]
	row := Row{
		ManagedBy: w.ManagedBy, Images: []Blame{}, Running: r.running(w.Pods), namespace: w.Object.GetNamespace(),
	}
	row.Risk = r.risk(now, later)
	if len(w.Pods) > 0 && w.Object.GetKind() == "Pod" {
		row.Risk = NoRisk // it stays on its node, and nothing makes it again
	}
	gone, unknown := r.problems(now)
	switch {
	case len(gone) > 0:
		row.Move, row.Images, row.Why = NotReady, gone, "no node can pull "+references(gone)
	case !move.Runs:
		row.Move, row.Images = NotReady, r.blamed(move)
		row.Why = because(row.Images, r.Architecture, r.Images)
	case len(unknown) > 0:
		row.Move, row.Images, row.Why = Unknown, unknown, unknownBecause(unknown)
	case now.Architectures[r.Architecture] == landing.Runs:
		row.Move = Runs
	default:
		row.Move, row.Why, row.Patch = Ready, r.ready(move), move.Fix
	}
	return row
}

// risk compares what the plan says now with what it says later.
func (r Request) risk(now, later placement.Verdict) Risk {
	for _, reference := range now.Images {
		if r.Images[reference].Gone {
			return Now
		}
	}
	if slices.ContainsFunc(mapValues(now.Architectures), fails) {
		return Now
	}
	if r.Expected && slices.ContainsFunc(mapValues(later.Architectures), fails) {
		return WithPool
	}
	return NoRisk
}

func mapValues(m map[string]landing.Outcome) (list []landing.Outcome) {
	for _, outcome := range m {
		list = append(list, outcome)
	}
	return list
}

func fails(o landing.Outcome) bool { return o == landing.Crashes || o == landing.PullFails }

// problems are the images of a workload that are gone, and those of which nothing is known.
func (r Request) problems(v placement.Verdict) (gone, unknown []Blame) {
	for _, reference := range v.Images {
		switch image := r.Images[reference]; {
		case image.Gone:
			gone = append(gone, image.blame(""))
		case !image.Known:
			unknown = append(unknown, image.blame(""))
		}
	}
	return gone, unknown
}

// blamed are the images that don't run on the architecture.
func (r Request) blamed(move placement.Move) []Blame {
	all := []Blame{}
	for _, c := range move.Containers {
		all = append(all, r.Images[c.Image].blame(c.Container))
	}
	return all
}

// ready says what is still between a workload and nodes of the architecture.
func (r Request) ready(m placement.Move) string {
	switch {
	case m.Lands && r.Expected:
		return "it runs there as soon as the pool has a node"
	case m.Lands:
		return "it runs there as soon as there is such a node"
	}
	return platform.Conjoin(m.Blocks)
}

// because says which images a workload waits for, and whether a newer tag would do.
func because(images []Blame, architecture string, known map[string]Image) string {
	var all []string
	for _, b := range images {
		text := fmt.Sprintf("container %s: %s (%s) offers %s only", b.Container, b.Reference, b.whose(),
			platform.Conjoin(b.Platforms))
		if words := known[b.Reference].Newer.words(architecture); words != "" {
			text += "; " + words
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		return "the kubelet would reject it: its spec.os is another"
	}
	return strings.Join(all, "; ")
}

func unknownBecause(images []Blame) string {
	var all []string
	for _, b := range images {
		all = append(all, b.Problem)
	}
	return strings.Join(all, "; ")
}

func references(images []Blame) string {
	var all []string
	for _, b := range images {
		all = append(all, b.Reference)
	}
	return platform.Conjoin(all)
}

// running sums the pods up by the architecture of their node.
func (r Request) running(pods []*corev1.Pod) map[string]Usage {
	architecture := node.Architectures(r.Nodes)
	all := map[string]Usage{}
	for _, pod := range pods {
		at := architecture(pod.Spec.NodeName)
		all[at] = all[at].plus(usageOf(pod))
	}
	return all
}

// usageOf is what the scheduler reserves for a pod.
func usageOf(pod *corev1.Pod) Usage {
	requests := resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{})
	return Usage{1, requests.Cpu().AsApproximateFloat64(), requests.Memory().Value()}
}
