package room

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

// daemonPods are the pods that the DaemonSet's controller makes: one for each node that its template selects and whose
// taints it tolerates, bound to that node by its affinity. What admission then adds may keep a pod off its node for
// ever. The controller adds tolerations for what passes
// (https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations).
func (d demand) daemonPods(nodes []corev1.Node) []*corev1.Pod {
	var pods []*corev1.Pod
	for i := range nodes {
		if slices.ContainsFunc(d.kept, func(p *corev1.Pod) bool { return p.Spec.NodeName == nodes[i].Name }) {
			continue
		}
		pod := d.Pod(len(pods))
		read := cmp.Or(d.Template, &pod.Spec)
		more := controllersTolerations(read)
		tolerations := append(slices.Clip(read.Tolerations), more...)
		match, err := nodeaffinity.NewRequiredNodeAffinity(read.NodeSelector, read.Affinity).Match(&nodes[i])
		if match && err == nil && len(node.Barring(tolerations, nodes[i].Spec.Taints)) == 0 {
			pod.Spec.Tolerations = append(pod.Spec.Tolerations, more...)
			bindByAffinity(&pod.Spec, nodes[i].Name)
			pods = append(pods, pod)
		}
	}
	return pods
}

func controllersTolerations(spec *corev1.PodSpec) []corev1.Toleration {
	keys := map[string]corev1.TaintEffect{
		corev1.TaintNodeNotReady:       corev1.TaintEffectNoExecute,
		corev1.TaintNodeUnreachable:    corev1.TaintEffectNoExecute,
		corev1.TaintNodeDiskPressure:   corev1.TaintEffectNoSchedule,
		corev1.TaintNodeMemoryPressure: corev1.TaintEffectNoSchedule,
		corev1.TaintNodePIDPressure:    corev1.TaintEffectNoSchedule,
		corev1.TaintNodeUnschedulable:  corev1.TaintEffectNoSchedule,
	}
	if spec.HostNetwork {
		keys[corev1.TaintNodeNetworkUnavailable] = corev1.TaintEffectNoSchedule
	}
	var all []corev1.Toleration
	for key, effect := range keys {
		all = append(all, corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: effect})
	}
	return all
}

// bindByAffinity replaces what is required of nodes by the node's name, as the controller does.
func bindByAffinity(spec *corev1.PodSpec, name string) {
	if spec.Affinity == nil {
		spec.Affinity = &corev1.Affinity{}
	}
	if spec.Affinity.NodeAffinity == nil {
		spec.Affinity.NodeAffinity = &corev1.NodeAffinity{}
	}
	spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution = &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchFields: []corev1.NodeSelectorRequirement{
			{Key: "metadata.name", Operator: corev1.NodeSelectorOpIn, Values: []string{name}},
		}}},
	}
}
