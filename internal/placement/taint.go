package placement

import (
	"slices"
	"strings"

	"github.com/containerd/platforms"
	corev1 "k8s.io/api/core/v1"
)

// lastingTaints are the taints that keep pods off a node for good. Those that come and go with its state are left out: a plan
// holds for longer than a cordon or a reboot, and a DaemonSet's controller tolerates them by itself.
func lastingTaints(node *corev1.Node) []corev1.Taint {
	return slices.DeleteFunc(slices.Clone(node.Spec.Taints), func(t corev1.Taint) bool {
		return t.Effect == corev1.TaintEffectPreferNoSchedule || passing(t.Key)
	})
}

// passing lists https://kubernetes.io/docs/reference/labels-annotations-taints, the taints that Kubernetes sets itself.
func passing(key string) bool {
	switch key {
	case corev1.TaintNodeUnschedulable, corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable,
		corev1.TaintNodeMemoryPressure, corev1.TaintNodeDiskPressure, corev1.TaintNodePIDPressure,
		corev1.TaintNodeNetworkUnavailable, corev1.TaintNodeOutOfService,
		"node.cloudprovider.kubernetes.io/uninitialized", "node.cloudprovider.kubernetes.io/shutdown":
		return true
	}
	return false
}

// architectural tells a taint that is about the node's CPU: GKE's kubernetes.io/arch=arm64, and those that people set by hand
// where the cloud sets none, such as arch=arm64 or example.com/arm64=true. Only these may be tolerated unasked; any
// other taint is somebody's intent.
func architectural(t corev1.Taint, arch string) bool {
	if t.Key == corev1.LabelArchStable || t.Key == "beta.kubernetes.io/arch" {
		return true
	}
	last := t.Key[strings.LastIndex(t.Key, "/")+1:]
	return namesArchitecture(t.Value, arch) || namesArchitecture(last, arch)
}

// namesArchitecture knows GOARCH values, the names containerd takes for them (aarch64, x86_64, …), and what people say.
func namesArchitecture(word, arch string) bool {
	switch word = strings.ToLower(word); word {
	case "":
		return false
	case "arm":
		return arch == "arm" || arch == "arm64"
	case "x86", "x64":
		return arch == "amd64"
	}
	return platforms.Normalize(platforms.Platform{Architecture: word}).Architecture == arch
}
