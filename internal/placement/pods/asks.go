package pods

import (
	"cmp"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// RequestsOf is what the scheduler reserves for a pod.
func RequestsOf(spec *corev1.PodSpec) corev1.ResourceList {
	return resourcehelper.PodRequests(&corev1.Pod{Spec: *spec}, resourcehelper.PodResourcesOptions{})
}

// RequiredTerms are the terms of the node affinity that must hold; a node needs to meet one of them.
func RequiredTerms(spec corev1.PodSpec) []corev1.NodeSelectorTerm {
	affinity := cmp.Or(spec.Affinity, &corev1.Affinity{})
	if affinity.NodeAffinity == nil || affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return nil
	}
	return affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
}

// compared are values about which a term has different answers: for a comparison those on both sides of its number.
func compared(e corev1.NodeSelectorRequirement) []string {
	if e.Operator != corev1.NodeSelectorOpGt && e.Operator != corev1.NodeSelectorOpLt {
		return e.Values
	}
	var values []string
	for _, value := range e.Values {
		if n, err := strconv.Atoi(value); err == nil {
			values = append(values, strconv.Itoa(n-1), strconv.Itoa(n+1))
		}
	}
	return values
}

// AskedOf are the labels that each workload asks nodes about, and the values that would make a difference.
func AskedOf(workloads []Workload, storage Storage) []pool.Asked {
	volumes := storage.values()
	all := make([]pool.Asked, len(workloads))
	for i, w := range workloads {
		all[i] = askedBy(w)
		if len(w.Claims)+len(w.Spec.Volumes) == 0 {
			continue
		}
		for key, values := range volumes {
			all[i][key] = append(all[i][key], values...)
		}
	}
	return all
}

func askedBy(w Workload) pool.Asked {
	asked := pool.Asked{}
	for key, value := range w.Spec.NodeSelector {
		asked[key] = append(asked[key], value)
	}
	for _, term := range RequiredTerms(w.Spec) {
		for _, e := range term.MatchExpressions {
			asked[e.Key] = append(asked[e.Key], compared(e)...)
		}
	}
	return asked
}
