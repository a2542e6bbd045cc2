package schedule

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	resourcehelper "k8s.io/component-helpers/resource"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodeaffinity"
)

// Reasons count the nodes by what keeps a pod off them, in the scheduler's words.
type Reasons map[string]int

// Fits returns for each node, in the snapshot's order, what keeps the pod off it: "" where it fits. An error is what
// stops the scheduler itself.
func (s *Scheduler) Fits(ctx context.Context, pod *corev1.Pod) ([]string, error) {
	c, err := s.cycle(quiet(ctx), pod)
	if err != nil {
		return nil, err
	}
	all := make([]string, len(s.nodes.infos))
	for i, info := range s.nodes.infos {
		status := s.filter(quiet(ctx), c, info)
		if status.Code() == fwk.Error {
			return nil, status.AsError()
		}
		all[i] = first(status)
	}
	return all, nil
}

// Place puts the pod on the node that the scheduler would choose, and returns that node's name. It returns "" and the
// reasons when no node takes the pod now. An error is what stops the scheduler itself for this pod. Of nodes with the
// same score kube-scheduler takes any; here it is the first.
func (s *Scheduler) Place(ctx context.Context, pod *corev1.Pod) (node string, why Reasons, err error) {
	ctx = quiet(ctx)
	c, err := s.cycle(ctx, pod)
	if err != nil {
		return "", nil, err
	}
	fit, why, err := s.search(ctx, c)
	if err != nil || len(fit) == 0 {
		return "", why, err
	}
	node, err = s.best(ctx, c, fit)
	if err != nil {
		return "", nil, err
	}
	if status := s.framework.RunReservePluginsReserve(ctx, c.state, pod, node); !status.IsSuccess() {
		return "", Reasons{first(status): 1}, nil
	}
	s.volumes.provide(pod)
	placed := pod.DeepCopy()
	placed.Spec.NodeName = node
	s.Add(placed)
	return node, nil, nil
}

// cycle is the search for one pod's node.
type cycle struct {
	pod    *corev1.Pod
	state  fwk.CycleState
	only   sets.Set[string] // nodes to look at; nil for all
	refuse *fwk.Status      // of every node
}

func (s *Scheduler) cycle(ctx context.Context, pod *corev1.Pod) (cycle, error) {
	for _, info := range s.nodes.unsized {
		enlarge(info, pod)
	}
	s.volumes.claim(pod)
	c := cycle{pod: pod, state: framework.NewCycleState()}
	result, status, _ := s.framework.RunPreFilterPlugins(ctx, c.state, pod)
	switch {
	case status.IsRejected():
		c.refuse = status
	case !status.IsSuccess():
		return c, status.AsError()
	case !result.AllNodes():
		c.only = result.NodeNames
	}
	return c, nil
}

// enlarge gives a node that reports nothing allocatable whatever the pod asks for: nothing is known of its size.
func enlarge(info *framework.NodeInfo, pod *corev1.Pod) {
	const plenty = 1 << 60
	info.Allocatable.MilliCPU, info.Allocatable.Memory = plenty, plenty
	info.Allocatable.EphemeralStorage, info.Allocatable.AllowedPodNumber = plenty, plenty
	for name := range resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{}) {
		info.Allocatable.SetScalar(name, plenty)
	}
}

func (s *Scheduler) filter(ctx context.Context, c cycle, info fwk.NodeInfo) *fwk.Status {
	switch {
	case c.refuse != nil:
		return c.refuse
	case c.only != nil && !c.only.Has(info.Node().Name):
		return notSelected
	}
	return s.framework.RunFilterPlugins(ctx, c.state, c.pod, info)
}

// notSelected is of nodes that the pod names no term for.
var notSelected = fwk.NewStatus(fwk.UnschedulableAndUnresolvable, nodeaffinity.ErrReasonPod)

// first is the reason that the scheduler would give first.
func first(status *fwk.Status) string {
	if status.IsSuccess() {
		return ""
	}
	for _, reason := range status.Reasons() {
		return reason
	}
	return fmt.Sprintf("refused by %s", status.Plugin())
}

// search filters nodes until enough fit: in a big cluster the scheduler does not look at all of them either
// (https://kubernetes.io/docs/concepts/scheduling-eviction/scheduler-perf-tuning/). The reasons are complete when none
// fits.
func (s *Scheduler) search(ctx context.Context, c cycle) ([]fwk.NodeInfo, Reasons, error) {
	var fit []fwk.NodeInfo
	why := Reasons{}
	all, enough := s.nodes.infos, enoughOf(len(s.nodes.infos))
	looked := 0
	for looked < len(all) && len(fit) < enough {
		chunk := s.chunk(looked)
		for i, status := range s.filterAll(ctx, c, chunk) {
			switch {
			case status.IsSuccess():
				fit = append(fit, chunk[i])
			case status.Code() == fwk.Error:
				return nil, nil, status.AsError()
			default:
				for _, reason := range status.Reasons() {
					why[reason]++
				}
			}
		}
		looked += len(chunk)
	}
	if len(all) > 0 {
		s.next = (s.next + looked) % len(all)
	}
	return fit, why, ctx.Err()
}

// chunkSize is how many nodes are looked at side by side before they are counted. It is fixed, so that a plan of the
// same snapshot is the same on any machine.
const chunkSize = 64

// chunk returns the nodes to look at next, when so many were looked at.
func (s *Scheduler) chunk(looked int) []fwk.NodeInfo {
	all := s.nodes.infos
	size := min(chunkSize, len(all)-looked)
	nodes := make([]fwk.NodeInfo, size)
	for i := range nodes {
		nodes[i] = all[(s.next+looked+i)%len(all)]
	}
	return nodes
}

func (s *Scheduler) filterAll(ctx context.Context, c cycle, nodes []fwk.NodeInfo) []*fwk.Status {
	statuses := make([]*fwk.Status, len(nodes))
	s.framework.Parallelizer().Until(ctx, len(nodes), func(i int) { statuses[i] = s.filter(ctx, c, nodes[i]) }, "")
	return statuses
}

// enoughOf mirrors numFeasibleNodesToFind of kube-scheduler.
func enoughOf(nodes int) int {
	const least, leastPercent = 100, 5
	percent := max(50-nodes/125, leastPercent)
	return min(nodes, max(least, nodes*percent/100))
}

func (s *Scheduler) best(ctx context.Context, c cycle, fit []fwk.NodeInfo) (string, error) {
	if len(fit) == 1 {
		return fit[0].Node().Name, nil
	}
	if status := s.framework.RunPreScorePlugins(ctx, c.state, c.pod, fit); !status.IsSuccess() {
		return "", status.AsError()
	}
	scores, status := s.framework.RunScorePlugins(ctx, c.state, c.pod, fit)
	if !status.IsSuccess() {
		return "", status.AsError()
	}
	best := slices.MaxFunc(scores, func(a, b fwk.NodePluginScores) int { return int(a.TotalScore - b.TotalScore) })
	return best.Name, nil
}

// IsShortage reports that the scheduler says that a node lacks resources.
func IsShortage(reason string) bool {
	return strings.HasPrefix(reason, "Insufficient ") || reason == "Too many pods"
}
