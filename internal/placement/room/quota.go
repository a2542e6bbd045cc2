package room

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	resourcehelper "k8s.io/component-helpers/resource"
)

// Excess is a limit of a namespace that the deploy would go beyond.
type Excess struct {
	Namespace, Quota string // names
	Resource         corev1.ResourceName
	// Hard is the limit, and Needed what everything in the namespace would use.
	Hard, Needed resource.Quantity
	// Stalls is the Deployment whose update needs a pod more than the limit allows before it may remove one; nil where the
	// pods are too many in the end.
	Stalls *unstructured.Unstructured
}

// String is "requests.cpu: 6 of 4".
func (e Excess) String() string {
	return fmt.Sprintf("%s: %s of %s", e.Resource, e.Needed.String(), e.Hard.String())
}

// Exceeded sums up what the workloads' pods in a namespace use once there are as many as the forecasts want, less what
// they replace, and returns the limits that this goes beyond. Quotas of some pods only, by scope, are left to the
// server.
func Exceeded(quotas []corev1.ResourceQuota, pods []corev1.Pod, workloads []Workload, forecasts []Forecast) []Excess {
	var all []Excess
	for _, quota := range quotas {
		if len(quota.Spec.Scopes) > 0 || quota.Spec.ScopeSelector != nil {
			continue
		}
		added := corev1.ResourceList{}
		var stalled []Excess
		for i, w := range workloads {
			if w.Object.GetNamespace() != quota.Namespace {
				continue
			}
			d := demandOf(w, pods, nil)
			sum(added, usage(d.Pod(0)), forecasts[i].Wanted)
			for _, pod := range d.old {
				sum(added, usage(pod), -1)
			}
			stalled = append(stalled, d.stalled(quota)...)
		}
		if excess := beyond(quota, added); len(excess) > 0 {
			all = append(all, excess...)
		} else {
			all = append(all, stalled...)
		}
	}
	return all
}

// stalled are the limits that let no pod in beside those that run, where an update needs that to begin.
func (d demand) stalled(quota corev1.ResourceQuota) []Excess {
	if d.rolling.extra == 0 || d.rolling.lost > 0 || len(d.old) == 0 {
		return nil
	}
	all := beyond(quota, usage(d.Pod(0)))
	for i := range all {
		all[i].Stalls = d.Object
	}
	return all
}

func beyond(quota corev1.ResourceQuota, added corev1.ResourceList) []Excess {
	var all []Excess
	for name, hard := range quota.Status.Hard {
		more, counted := added[name]
		needed := quota.Status.Used[name].DeepCopy()
		needed.Add(more)
		if counted && more.Sign() > 0 && needed.Cmp(hard) > 0 {
			all = append(all, Excess{Namespace: quota.Namespace, Quota: quota.Name, Resource: name, Hard: hard, Needed: needed})
		}
	}
	slices.SortFunc(all, func(a, b Excess) int { return strings.Compare(string(a.Resource), string(b.Resource)) })
	return all
}

func sum(total, used corev1.ResourceList, times int) {
	for name, quantity := range used {
		quantity.Mul(int64(times))
		before := total[name]
		before.Add(quantity)
		total[name] = before
	}
}

// usage is what a pod counts for in a quota
// (https://kubernetes.io/docs/concepts/policy/resource-quotas/#compute-resource-quota).
func usage(pod *corev1.Pod) corev1.ResourceList {
	one := *resource.NewQuantity(1, resource.DecimalSI)
	all := corev1.ResourceList{corev1.ResourcePods: one, "count/pods": one}
	for name, quantity := range resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{}) {
		all[corev1.ResourceName(corev1.DefaultResourceRequestsPrefix+string(name))] = quantity
		if name == corev1.ResourceCPU || name == corev1.ResourceMemory || name == corev1.ResourceEphemeralStorage {
			all[name] = quantity
		}
	}
	for name, quantity := range resourcehelper.PodLimits(pod, resourcehelper.PodResourcesOptions{}) {
		all[corev1.ResourceName("limits."+string(name))] = quantity
	}
	return all
}
