package rules

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
)

// requestLimits makes a limit without a request the request, as the server's defaults do.
func requestLimits(spec *corev1.PodSpec) {
	eachContainer(spec, func(c *corev1.Container) {
		c.Resources.Requests = fill(c.Resources.Requests, c.Resources.Limits)
	})
}

func eachContainer(spec *corev1.PodSpec, do func(*corev1.Container)) {
	for i := range spec.InitContainers {
		do(&spec.InitContainers[i])
	}
	for i := range spec.Containers {
		do(&spec.Containers[i])
	}
}

// fill adds the resources that are missing.
func fill(own, defaults corev1.ResourceList) corev1.ResourceList {
	if len(defaults) == 0 {
		return own
	}
	all := maps.Clone(defaults)
	maps.Copy(all, own)
	return all
}

// limit adds the defaults of the namespace's LimitRanges
// (https://kubernetes.io/docs/concepts/policy/limit-range/).
func (r Rules) limit(pod *corev1.Pod) {
	for _, limits := range r.LimitRanges {
		if limits.Namespace != pod.Namespace {
			continue
		}
		for _, item := range limits.Spec.Limits {
			if item.Type != corev1.LimitTypeContainer {
				continue
			}
			limit := fill(item.Default, item.Max)
			request := fill(fill(item.DefaultRequest, limit), item.Min)
			eachContainer(&pod.Spec, func(c *corev1.Container) {
				c.Resources.Requests = fill(c.Resources.Requests, request)
				c.Resources.Limits = fill(c.Resources.Limits, limit)
			})
		}
	}
}
