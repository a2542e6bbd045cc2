// Package podstatus works out a pod's status as the kubelet does, from what the runtime knows and why starts failed:
// its phase, its conditions, its containers' states, and which containers are to be started. It looks at values only.
package podstatus

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	kubestatus "k8s.io/kubernetes/pkg/kubelet/status"
	kubetypes "k8s.io/kubernetes/pkg/kubelet/types"
)

// Probed is what the probes of a container have found.
type Probed struct{ Started, Ready bool }

// View is what a kubelet knows of a pod.
type View struct {
	Pod *corev1.Pod
	// Old is the status that was reported last.
	Old     corev1.PodStatus
	Runtime *kubecontainer.PodStatus
	// Failures are why the last starts of containers failed, by name.
	Failures map[string]Failure
	// Probed is what the probes of a container have found, by its ID.
	Probed func(id string) Probed
	HostIP string
	// Final means that no container will run again.
	Final bool
}

// Status mirrors generateAPIPodStatus of the kubelet: the pod's status from what the runtime knows and why starts
// failed. The conditions come from the kubelet's own functions.
func (v View) Status() corev1.PodStatus {
	status := v.Pod.Status.DeepCopy()
	status.ContainerStatuses = v.containerStatuses(v.Old.ContainerStatuses, v.Pod.Spec.Containers,
		len(v.Pod.Spec.InitContainers) > 0)
	status.InitContainerStatuses = v.containerStatuses(v.Old.InitContainerStatuses, v.Pod.Spec.InitContainers, true)
	v.addReadiness(status)
	all := append(append([]corev1.ContainerStatus{}, status.InitContainerStatuses...), status.ContainerStatuses...)
	status.Phase = phase(v.Pod, all, v.Final,
		kubecontainer.HasAnyActiveRegularContainerStarted(&v.Pod.Spec, v.Runtime))
	if podutil.IsPodPhaseTerminal(v.Old.Phase) {
		status.Phase = v.Old.Phase
	}
	v.addAddresses(status)
	status.ObservedGeneration = podutil.CalculatePodStatusObservedGeneration(v.Pod)
	status.Conditions = v.conditions(status, all)
	return *status
}

func (v View) addAddresses(status *corev1.PodStatus) {
	status.HostIP, status.HostIPs = v.HostIP, []corev1.HostIP{{IP: v.HostIP}}
	if status.StartTime = v.Old.StartTime; status.StartTime == nil {
		now := metav1.Now().Rfc3339Copy()
		status.StartTime = &now
	}
	ips := v.Runtime.IPs
	if v.Pod.Spec.HostNetwork {
		ips = []string{v.HostIP}
	}
	status.PodIP, status.PodIPs = "", nil
	for _, ip := range ips {
		status.PodIP = ip
		status.PodIPs = append(status.PodIPs, corev1.PodIP{IP: ip})
	}
}

// conditions keeps those that are not the kubelet's, and makes its own anew.
func (v View) conditions(status *corev1.PodStatus, all []corev1.ContainerStatus) []corev1.PodCondition {
	old := &v.Old
	var conditions []corev1.PodCondition
	for _, c := range v.Pod.Status.Conditions {
		if !kubetypes.PodConditionByKubelet(c.Type) {
			conditions = append(conditions, c)
		}
	}
	conditions = append(conditions,
		kubestatus.GeneratePodReadyToStartContainersCondition(v.Pod, old, v.Runtime),
		kubestatus.GeneratePodInitializedCondition(v.Pod, old, all, status.Phase),
		kubestatus.GeneratePodReadyCondition(v.Pod, old, conditions, all, status.Phase),
		kubestatus.GenerateContainersReadyCondition(v.Pod, old, all, status.Phase),
		corev1.PodCondition{
			Type: corev1.PodScheduled, Status: corev1.ConditionTrue,
			ObservedGeneration: podutil.CalculatePodConditionObservedGeneration(old, v.Pod.Generation,
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
func (v View) addReadiness(status *corev1.PodStatus) {
	for i := range status.ContainerStatuses {
		v.addProbeResult(&status.ContainerStatuses[i])
	}
	for i := range status.InitContainerStatuses {
		s := &status.InitContainerStatuses[i]
		v.addProbeResult(s)
		c := kubecontainer.GetContainerSpec(v.Pod, s.Name)
		if !podutil.IsRestartableInitContainer(c) {
			s.Ready = s.State.Terminated != nil && s.State.Terminated.ExitCode == 0
		}
	}
}

func (v View) addProbeResult(s *corev1.ContainerStatus) {
	result := Probed{}
	if s.State.Running != nil {
		result = v.Probed(s.ContainerID)
	}
	s.Started, s.Ready = &result.Started, result.Started && result.Ready
}
