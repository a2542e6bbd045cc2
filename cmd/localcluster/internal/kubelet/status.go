package kubelet

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	kubestatus "k8s.io/kubernetes/pkg/kubelet/status"
	kubetypes "k8s.io/kubernetes/pkg/kubelet/types"
)

// apiStatus mirrors generateAPIPodStatus of the kubelet: the pod's status from what the runtime knows and why starts
// failed. The conditions come from the kubelet's own functions. final means that no container will run again.
func (w *worker) apiStatus(runtime *kubecontainer.PodStatus, final bool) corev1.PodStatus {
	old := w.lastReported()
	status := w.pod.Load().Status.DeepCopy()
	status.ContainerStatuses = w.containerStatuses(runtime, old.ContainerStatuses, w.pod.Load().Spec.Containers,
		len(w.pod.Load().Spec.InitContainers) > 0)
	status.InitContainerStatuses = w.containerStatuses(runtime, old.InitContainerStatuses,
		w.pod.Load().Spec.InitContainers, true)
	w.addReadiness(status)
	all := append(append([]corev1.ContainerStatus{}, status.InitContainerStatuses...), status.ContainerStatuses...)
	status.Phase = phase(w.pod.Load(), all, final,
		kubecontainer.HasAnyActiveRegularContainerStarted(&w.pod.Load().Spec, runtime))
	if podutil.IsPodPhaseTerminal(old.Phase) {
		status.Phase = old.Phase
	}
	w.addAddresses(status, runtime, old)
	status.ObservedGeneration = podutil.CalculatePodStatusObservedGeneration(w.pod.Load())
	status.Conditions = w.conditions(status, &old, runtime, all)
	return *status
}

func (w *worker) addAddresses(status *corev1.PodStatus, runtime *kubecontainer.PodStatus, old corev1.PodStatus) {
	status.HostIP, status.HostIPs = nodeIP, []corev1.HostIP{{IP: nodeIP}}
	if status.StartTime = old.StartTime; status.StartTime == nil {
		now := metav1.Now().Rfc3339Copy()
		status.StartTime = &now
	}
	ips := runtime.IPs
	if w.pod.Load().Spec.HostNetwork {
		ips = []string{nodeIP}
	}
	status.PodIP, status.PodIPs = "", nil
	for _, ip := range ips {
		status.PodIP = ip
		status.PodIPs = append(status.PodIPs, corev1.PodIP{IP: ip})
	}
}

// conditions keeps those that are not the kubelet's, and makes its own anew.
func (w *worker) conditions(status, old *corev1.PodStatus, runtime *kubecontainer.PodStatus,
	all []corev1.ContainerStatus) []corev1.PodCondition {
	var conditions []corev1.PodCondition
	for _, c := range w.pod.Load().Status.Conditions {
		if !kubetypes.PodConditionByKubelet(c.Type) {
			conditions = append(conditions, c)
		}
	}
	conditions = append(conditions,
		kubestatus.GeneratePodReadyToStartContainersCondition(w.pod.Load(), old, runtime),
		kubestatus.GeneratePodInitializedCondition(w.pod.Load(), old, all, status.Phase),
		kubestatus.GeneratePodReadyCondition(w.pod.Load(), old, conditions, all, status.Phase),
		kubestatus.GenerateContainersReadyCondition(w.pod.Load(), old, all, status.Phase),
		corev1.PodCondition{
			Type: corev1.PodScheduled, Status: corev1.ConditionTrue,
			ObservedGeneration: podutil.CalculatePodConditionObservedGeneration(old, w.pod.Load().Generation,
				corev1.PodScheduled),
		})
	for i := range conditions {
		keepTransitionTime(&conditions[i], old)
	}
	return conditions
}

func keepTransitionTime(c *corev1.PodCondition, old *corev1.PodStatus) {
	if _, before := podutil.GetPodCondition(old, c.Type); before != nil && before.Status == c.Status {
		c.LastTransitionTime = before.LastTransitionTime
		return
	}
	c.LastTransitionTime = metav1.Now().Rfc3339Copy()
}

// addReadiness mirrors UpdatePodStatus of the kubelet's probe manager.
func (w *worker) addReadiness(status *corev1.PodStatus) {
	for i := range status.ContainerStatuses {
		w.addProbeResult(&status.ContainerStatuses[i])
	}
	for i := range status.InitContainerStatuses {
		s := &status.InitContainerStatuses[i]
		w.addProbeResult(s)
		c := kubecontainer.GetContainerSpec(w.pod.Load(), s.Name)
		if !podutil.IsRestartableInitContainer(c) {
			s.Ready = s.State.Terminated != nil && s.State.Terminated.ExitCode == 0
		}
	}
}

func (w *worker) addProbeResult(s *corev1.ContainerStatus) {
	result := probeResult{}
	if s.State.Running != nil {
		result = w.probes.of(s.ContainerID)
	}
	s.Started, s.Ready = &result.started, result.started && result.ready
}
