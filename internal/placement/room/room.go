package room

import (
	"cmp"
	"context"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/schedule"
)

// Scaling are the HorizontalPodAutoscalers of a cluster, and the objects of a deploy, which may hold others.
type Scaling struct {
	Running []autoscalingv2.HorizontalPodAutoscaler
	Objects []*unstructured.Unstructured
}

// Foretell places the pods of all workloads, those of higher priority first, over what runs now less what they replace.
// The error is that the scheduler's plugins could not be set up, or that ctx is done.
func Foretell(ctx context.Context, cluster schedule.Snapshot, workloads []Workload,
	scaling Scaling) ([]Forecast, error) {
	scalers := scalersOf(scaling.Running, scaling.Objects)
	demands := make([]demand, len(workloads))
	for i, w := range workloads {
		demands[i] = demandOf(w, cluster.Pods, scalers)
	}
	all, err := settle(ctx, cluster, demands)
	if err != nil {
		return nil, err
	}
	return all, roll(ctx, cluster, demands, all)
}

// settle places all pods as they will be when the deploy is through.
func settle(ctx context.Context, cluster schedule.Snapshot, demands []demand) ([]Forecast, error) {
	s, err := schedule.New(ctx, cluster, schedule.Now)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for _, d := range demands {
		for _, pod := range d.old {
			s.Remove(pod)
		}
	}
	all := make([]Forecast, len(demands))
	for _, i := range byPriority(demands) {
		all[i] = demands[i].place(ctx, s, cluster.Nodes)
	}
	for i, d := range demands {
		if d.most > 0 {
			all[i].Most, all[i].MostFit = d.most, d.grow(ctx, s, all[i])
		}
	}
	return all, ctx.Err()
}

// byPriority orders the demands as the scheduler's queue orders their pods.
func byPriority(demands []demand) []int {
	order := make([]int, len(demands))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(demands[b].priority(), demands[a].priority()) })
	return order
}

func (d demand) priority() int32 {
	if p := d.Pod(0).Spec.Priority; p != nil {
		return *p
	}
	return 0
}

func (d demand) place(ctx context.Context, s *schedule.Scheduler, nodes []corev1.Node) Forecast {
	f := Forecast{Wanted: d.pods, Nodes: map[string]int{}}
	next := d.Pod
	if d.daemon {
		pods := d.daemonPods(nodes)
		f.Wanted, next = len(pods), func(n int) *corev1.Pod { return pods[n] }
	}
	for n := range f.Wanted {
		pod := next(n)
		name, why, err := s.Place(ctx, pod)
		if err != nil {
			f.Err = err
			break
		}
		if name == "" {
			var victims []*corev1.Pod
			name, victims = s.Preempt(ctx, pod)
			f.Victims = append(f.Victims, victims...)
		}
		if name != "" {
			f.Fit++
			f.Nodes[name]++
			continue
		}
		if f.Why == nil {
			f.Why = why
		}
		if !d.apart { // the next ones are the same, or wait for this one
			break
		}
	}
	return f
}

// grow returns how many pods fit if the autoscaler asks for its maximum, and leaves none of the added ones.
func (d demand) grow(ctx context.Context, s *schedule.Scheduler, f Forecast) int {
	fit := f.Fit
	var added []*corev1.Pod
	for fit < d.most && f.Fit == f.Wanted {
		pod := d.Pod(fit)
		name, _, err := s.Place(ctx, pod)
		if err != nil || name == "" {
			break
		}
		pod.Spec.NodeName = name
		added = append(added, pod)
		fit++
	}
	for _, pod := range added {
		s.Remove(pod)
	}
	return fit
}
