package node

import (
	"slices"
	"strings"

	"github.com/containerd/platforms"
	corev1 "k8s.io/api/core/v1"
)

// Lasting returns the taints that keep pods off a node for good. Those that come and go with the node's state are left
// out: a plan holds for longer than a cordon or a reboot, and a DaemonSet's controller tolerates most of them by
// itself.
func Lasting(node *corev1.Node) []corev1.Taint {
	return slices.DeleteFunc(slices.Clone(node.Spec.Taints), func(t corev1.Taint) bool {
		return !Blocks(t) || Passing(t)
	})
}

// Blocks reports whether a taint keeps pods that do not tolerate it off its node; PreferNoSchedule only discourages.
func Blocks(t corev1.Taint) bool {
	return t.Effect == corev1.TaintEffectNoSchedule || t.Effect == corev1.TaintEffectNoExecute
}

// passingKeys are set by cluster-autoscaler (https://github.com/kubernetes/autoscaler, cluster-autoscaler/utils/taints)
// and by Karpenter (https://karpenter.sh/docs/concepts/disruption) on nodes that come or go.
var passingKeys = []string{
	"ToBeDeletedByClusterAutoscaler",
	"DeletionCandidateOfClusterAutoscaler",
	"karpenter.sh/disrupted",
	"karpenter.sh/disruption",
	"karpenter.sh/unregistered",
}

// passingPrefixes are the namespaces of which every taint describes the state of a node: Kubernetes' own
// (https://kubernetes.io/docs/reference/labels-annotations-taints), cloud controllers', and cluster-autoscaler's.
var passingPrefixes = []string{
	"node.kubernetes.io/",
	"node.cloudprovider.kubernetes.io/",
	"startup-taint.cluster-autoscaler.kubernetes.io/",
	"status-taint.cluster-autoscaler.kubernetes.io/",
	"ignore-taint.cluster-autoscaler.kubernetes.io/",
}

// Passing reports whether a taint comes and goes with the state of its node: cordoned, not ready, starting, being
// removed. Such a taint is nothing to tolerate; it is waited for.
func Passing(t corev1.Taint) bool {
	return slices.Contains(passingKeys, t.Key) ||
		slices.ContainsFunc(passingPrefixes, func(p string) bool { return strings.HasPrefix(t.Key, p) }) ||
		strings.HasSuffix(t.Key, "/agent-not-ready") // of node.cilium.io, and of other networks' and storages' agents
}

// Architectural reports whether a taint is about the CPU of a node of the architecture: GKE's
// kubernetes.io/arch=arm64, and those that people set by hand where the cloud sets none, such as arch=arm64 or
// example.com/arm64=true. Only these may be tolerated unasked; any other taint, team=arm too, is somebody's intent.
func Architectural(t corev1.Taint, architecture string) bool {
	if t.Key == corev1.LabelArchStable || t.Key == betaArchitecture {
		return true
	}
	name := strings.ToLower(t.Key[strings.LastIndex(t.Key, "/")+1:])
	return names(name, architecture) || spells(t.Value, architecture) ||
		isAboutCPU(name) && names(t.Value, architecture)
}

// isAboutCPU knows the keys whose value is an architecture even where the word could mean something else.
func isAboutCPU(key string) bool {
	return strings.Contains(key, "arch") || strings.Contains(key, "cpu") || strings.Contains(key, "platform")
}

// names reports whether a word means an architecture. It knows the short names too, which may also be a team's.
func names(word, architecture string) bool {
	switch strings.ToLower(word) {
	case "arm":
		return architecture == "arm" || architecture == "arm64"
	case "x86", "x64":
		return architecture == "amd64"
	}
	return spells(word, architecture)
}

// spells knows GOARCH values and the names that containerd takes for them (aarch64, x86_64, …).
func spells(word, architecture string) bool {
	word = strings.ToLower(word)
	return word != "" && word != "arm" &&
		platforms.Normalize(platforms.Platform{Architecture: word}).Architecture == architecture
}

// DistinctTaints drops repetitions; a toleration asks for key, value and effect, not for the time a taint was added.
func DistinctTaints(taints []corev1.Taint) []corev1.Taint {
	var all []corev1.Taint
	for _, t := range taints {
		if !slices.ContainsFunc(all, func(u corev1.Taint) bool { return u.MatchTaint(&t) && u.Value == t.Value }) {
			all = append(all, t)
		}
	}
	return all
}

// TaintTexts returns taints as kubectl writes them.
func TaintTexts(taints []corev1.Taint) []string {
	all := make([]string, len(taints))
	for i, t := range taints {
		all[i] = t.ToString()
	}
	return all
}
