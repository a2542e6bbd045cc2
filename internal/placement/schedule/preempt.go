package schedule

import (
	"cmp"
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	fwk "k8s.io/kube-scheduler/framework"
)

// Preempt puts a pod that has found no node where the fewest pods of lower priority have to go for it, and evicts
// these. It returns "" where no eviction helps. kube-scheduler weighs the victims' priorities and disruption budgets,
// too: which node and which pods it takes may differ
// (https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/).
func (s *Scheduler) Preempt(ctx context.Context, pod *corev1.Pod) (node string, victims []*corev1.Pod) {
	if pod.Spec.PreemptionPolicy != nil && *pod.Spec.PreemptionPolicy == corev1.PreemptNever {
		return "", nil
	}
	var best []*corev1.Pod
	found := 0
	for _, info := range s.nodes.infos {
		lower := s.lower(info, pod)
		if len(lower) == 0 {
			continue
		}
		evicted := s.evict(quiet(ctx), pod, info.Node().Name, lower)
		if evicted == nil {
			continue
		}
		if best == nil || len(evicted) < len(best) {
			node, best = info.Node().Name, evicted
		}
		if found++; found == candidates {
			break
		}
	}
	if node == "" {
		return "", nil
	}
	for _, victim := range best {
		s.Remove(victim)
	}
	placed := pod.DeepCopy()
	placed.Spec.NodeName = node
	s.Add(placed)
	return node, best
}

// candidates is how many nodes the scheduler compares at the least.
const candidates = 100

// lower are a node's pods that the pod goes before, the least important last.
func (s *Scheduler) lower(info fwk.NodeInfo, pod *corev1.Pod) []*corev1.Pod {
	var all []*corev1.Pod
	for _, other := range info.GetPods() {
		if priority(other.GetPod()) < priority(pod) {
			all = append(all, other.GetPod())
		}
	}
	slices.SortStableFunc(all, func(a, b *corev1.Pod) int { return cmp.Compare(priority(b), priority(a)) })
	return all
}

// evict returns the pods that have to go, or nil where not even all of them make room. The most important ones come
// back first.
func (s *Scheduler) evict(ctx context.Context, pod *corev1.Pod, node string, lower []*corev1.Pod) []*corev1.Pod {
	for _, victim := range lower {
		s.Remove(victim)
	}
	var victims []*corev1.Pod
	fits := s.fitsOn(ctx, pod, node)
	for _, victim := range lower {
		s.Add(victim)
		if fits && !s.fitsOn(ctx, pod, node) {
			victims = append(victims, victim)
			s.Remove(victim)
		}
	}
	for _, victim := range victims {
		s.Add(victim)
	}
	return victims
}

func (s *Scheduler) fitsOn(ctx context.Context, pod *corev1.Pod, node string) bool {
	c, err := s.cycle(ctx, pod)
	info, err2 := s.nodes.Get(node)
	return err == nil && err2 == nil && s.filter(ctx, c, info).IsSuccess()
}

func priority(pod *corev1.Pod) int32 {
	if pod.Spec.Priority != nil {
		return *pod.Spec.Priority
	}
	return 0
}
