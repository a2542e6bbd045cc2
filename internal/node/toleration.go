package node

import (
	"slices"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
)

// Tolerates reports whether tolerations let a pod onto a node with the taint and stay there. The comparison operators
// Gt and Lt count: an API server that does not know them refuses the manifest. A toleration with tolerationSeconds
// ends: the taint's manager evicts after the time that the first matching toleration gives
// (https://github.com/kubernetes/kubernetes, pkg/controller/tainteviction).
func Tolerates(tolerations []corev1.Toleration, taint corev1.Taint) bool {
	first := slices.IndexFunc(tolerations, func(t corev1.Toleration) bool { return matches(t, taint) })
	return first >= 0 && (taint.Effect != corev1.TaintEffectNoExecute || tolerations[first].TolerationSeconds == nil)
}

// Barring returns those of the taints that keep the scheduler from placing a pod with the tolerations.
func Barring(tolerations []corev1.Toleration, taints []corev1.Taint) []corev1.Taint {
	return slices.DeleteFunc(slices.Clone(taints), func(t corev1.Taint) bool {
		return !Blocks(t) || Admits(tolerations, t)
	})
}

// Admits reports whether tolerations let the scheduler place a pod on a node with the taint, if only for a while.
func Admits(tolerations []corev1.Toleration, taint corev1.Taint) bool {
	return slices.ContainsFunc(tolerations, func(t corev1.Toleration) bool { return matches(t, taint) })
}

// Untolerated returns those of the taints that keep a pod with the tolerations away, or drive it out after a time.
func Untolerated(tolerations []corev1.Toleration, taints []corev1.Taint) []corev1.Taint {
	return slices.DeleteFunc(slices.Clone(taints), func(t corev1.Taint) bool {
		return !Blocks(t) || Tolerates(tolerations, t)
	})
}

func matches(toleration corev1.Toleration, taint corev1.Taint) bool {
	return toleration.ToleratesTaint(logr.Discard(), &taint, true)
}
