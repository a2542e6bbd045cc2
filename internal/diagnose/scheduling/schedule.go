package scheduling

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// noRoom are the scheduler's words for nodes that would do if they were emptier.
var noRoom = regexp.MustCompile(`Insufficient |Too many pods|free ports|anti-affinity rules|topology spread|node\(s\) exceed`)

// Pod diagnoses a pod that the scheduler finds no node for. The nodes themselves are asked first: since
// Kubernetes 1.34 the scheduler's message no longer names the taints, and it gives only the first reason against each
// node. Nothing here is permanent: an autoscaler may bring the node that fits.
func Pod(ctx context.Context, pod *corev1.Pod, ev Evidence) finding.Diagnosis {
	if d := notLookedFor(pod); d.Finding != nil {
		return d
	}
	message, ok := schedulerMessage(pod)
	if !ok {
		return finding.Diagnosis{}
	}
	if d := unboundClaim(ctx, pod, ev, message); d.Finding != nil {
		return d
	}
	fit, kept, away := candidates(pod, ev.Nodes)
	opened := runnable(byArchitecture(kept), ev)
	switch {
	case len(away) > 0 && len(fit)+len(opened) == 0:
		return pending(pod, finding.NoMatchingNode, unavailable(away)+".", uncordon(away))
	case len(away) > 0 && len(fit) == 0:
		return pending(pod, finding.NoMatchingNode, unavailable(away)+", and "+describe(opened)+".",
			uncordon(away)+"\n"+tolerate(opened))
	case len(ev.Nodes) > 0 && len(fit)+len(kept) == 0,
		len(ev.Nodes) == 0 && strings.Contains(message, "node affinity/selector") &&
			!strings.Contains(message, "untolerated taint"):
		return pending(pod, finding.NoMatchingNode, "no node matches its node selector and affinity"+have(ev.Nodes)+".",
			"Change nodeSelector or nodeAffinity, or add a node that they match.")
	case len(kept) > 0 && len(fit) == 0:
		return pending(pod, finding.UntoleratedTaint, describe(kept)+".", tolerate(append(opened, kept...)))
	case len(opened) > 0:
		return pending(pod, finding.InsufficientCapacity, besides(fit, message)+describe(kept)+"."+lacking(pod, fit),
			makeRoom(message)+"\n"+tolerate(opened))
	case len(ev.Nodes) == 0 && strings.Contains(message, "untolerated taint") && !noRoom.MatchString(message):
		return pending(pod, finding.UntoleratedTaint, "the nodes carry taints that it does not tolerate: "+message+".",
			"Add a toleration, or remove the taint.")
	case noRoom.MatchString(message):
		return pending(pod, finding.InsufficientCapacity,
			"the nodes that it could use have no room: "+message+"."+lacking(pod, fit),
			makeRoom(message)+otherNodes(pod, fit, ev))
	}
	return pending(pod, finding.NoMatchingNode, "no node will do: "+message+".",
		"Change what the pod asks for, or add a node that has it.")
}

// schedulerMessage returns why the scheduler left the pod, without its remarks on preemption.
func schedulerMessage(pod *corev1.Pod) (string, bool) {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonUnschedulable {
			message, _, _ := strings.Cut(c.Message, " preemption:")
			message, _, _ = strings.Cut(message, " no new claims to deallocate")
			return finding.OneLine(message), true
		}
	}
	return "", false
}

// taintedNode is a node that would do but for its taints.
type taintedNode struct {
	node   corev1.Node
	taints []corev1.Taint
}

// candidates sorts the nodes that selector and affinity allow: those open to the pod, those that a lasting taint
// keeps it from, and those that would do but take no pods now. The matching is kube-scheduler's own.
func candidates(pod *corev1.Pod, nodes []corev1.Node) (fit []corev1.Node, kept []taintedNode, away []corev1.Node) {
	affinity := nodeaffinity.GetRequiredNodeAffinity(pod)
	for _, n := range nodes {
		if ok, err := affinity.Match(&n); err != nil || !ok {
			continue
		}
		barring := node.Barring(pod.Spec.Tolerations, n.Spec.Taints)
		lasting := slices.DeleteFunc(slices.Clone(barring), node.Passing)
		switch {
		case len(lasting) > 0:
			kept = append(kept, taintedNode{n, lasting})
		case len(barring) > 0 || node.Unavailable(&n) == "cordoned":
			away = append(away, n)
		default:
			fit = append(fit, n)
		}
	}
	return fit, kept, away
}

// have lists what there is: "; the cluster has 3 amd64 and 3 arm64 nodes".
func have(nodes []corev1.Node) string {
	if len(nodes) == 0 {
		return ""
	}
	return "; the cluster has " + count(nodes) + " nodes"
}

func pending(pod *corev1.Pod, code finding.Code, why, fix string) finding.Diagnosis {
	return finding.Diagnosis{Finding: &finding.Finding{
		Code: code, Severity: finding.Error, Object: object.ID(corev1.SchemeGroupVersion.WithKind("Pod"), pod),
		Message: object.Name("Pod", pod) + " waits for a node: " + why, Fix: fix,
	}}
}

// besides describes the untainted nodes before the tainted ones.
func besides(fit []corev1.Node, message string) string {
	return fmt.Sprintf("the %s node(s) open to it will not do (%s), and ", count(fit), message)
}
