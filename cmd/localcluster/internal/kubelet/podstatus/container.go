package podstatus

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
)

// containerStatuses mirrors convertToAPIContainerStatuses of the kubelet.
func (v View) containerStatuses(old []corev1.ContainerStatus, containers []corev1.Container,
	hasInit bool) []corev1.ContainerStatus {
	var statuses []corev1.ContainerStatus
	for i := range containers {
		c := &containers[i]
		before, _ := podutil.GetContainerStatus(old, c.Name)
		status := waiting(c, before, hasInit)
		if current := Find(v.Runtime, c.Name); current != nil {
			status = seen(c, current, before)
		}
		v.addStartFailure(&status, c)
		statuses = append(statuses, status)
	}
	return statuses
}

// waiting is the status of a container that the runtime does not know.
func waiting(c *corev1.Container, before corev1.ContainerStatus, hasInit bool) corev1.ContainerStatus {
	if before.State.Terminated != nil {
		return before
	}
	reason := "ContainerCreating"
	if hasInit {
		reason = "PodInitializing"
	}
	return corev1.ContainerStatus{
		Name: c.Name, Image: c.Image, VolumeMounts: volumeMounts(c),
		State:        corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}},
		RestartCount: before.RestartCount, LastTerminationState: before.LastTerminationState,
	}
}

// seen is the status of a container that the runtime knows, alive or dead.
func seen(c *corev1.Container, current *kubecontainer.Status, before corev1.ContainerStatus) corev1.ContainerStatus {
	status := corev1.ContainerStatus{
		Name: c.Name, RestartCount: int32(current.RestartCount), Image: current.Image, ImageID: current.ImageRef,
		ContainerID: current.ID.String(), LastTerminationState: before.LastTerminationState, VolumeMounts: volumeMounts(c),
		Resources: c.Resources.DeepCopy(), AllocatedResources: c.Resources.Requests.DeepCopy(),
		State: state(current),
	}
	if before.ContainerID != status.ContainerID && before.State.Terminated != nil {
		status.LastTerminationState.Terminated = before.State.Terminated
	}
	if current.User != nil {
		u := current.User.Linux
		status.User = &corev1.ContainerUser{Linux: &corev1.LinuxContainerUser{UID: u.UID, GID: u.GID,
			SupplementalGroups: u.SupplementalGroups}}
	}
	return status
}

func state(s *kubecontainer.Status) corev1.ContainerState {
	switch s.State {
	case kubecontainer.ContainerStateRunning:
		return corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: seconds(s.StartedAt)}}
	case kubecontainer.ContainerStateExited:
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			ExitCode: int32(s.ExitCode), Reason: s.Reason, Message: s.Message,
			StartedAt: seconds(s.StartedAt), FinishedAt: seconds(s.FinishedAt), ContainerID: s.ID.String(),
		}}
	}
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}
}

// seconds is the API's precision. A container that never started did so in 1970.
func seconds(t time.Time) metav1.Time {
	if t.IsZero() {
		t = time.Unix(0, 0)
	}
	return metav1.NewTime(t).Rfc3339Copy()
}

// addStartFailure makes a container that will be tried again wait, for the reason its last start failed. The death
// before that becomes its last state.
func (v View) addStartFailure(status *corev1.ContainerStatus, c *corev1.Container) {
	failure, failed := v.Failures[c.Name]
	if !failed || !v.willStart(c) {
		return
	}
	if status.State.Terminated != nil {
		status.LastTerminationState = status.State
	}
	status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: failure.Reason,
		Message: failure.Message}}
}

// willStart reports whether a container is to be started, once more or at all.
func (v View) willStart(c *corev1.Container) bool {
	if v.isInit(c) && completed(Find(v.Runtime, c.Name)) {
		return false
	}
	return wantsRestart(c, v.Pod, v.Runtime)
}

func (v View) isInit(c *corev1.Container) bool {
	for i := range v.Pod.Spec.InitContainers {
		if v.Pod.Spec.InitContainers[i].Name == c.Name {
			return true
		}
	}
	return false
}

func volumeMounts(c *corev1.Container) []corev1.VolumeMountStatus {
	var mounts []corev1.VolumeMountStatus
	for _, m := range c.VolumeMounts {
		mount := corev1.VolumeMountStatus{Name: m.Name, MountPath: m.MountPath, ReadOnly: m.ReadOnly}
		if m.ReadOnly {
			disabled := corev1.RecursiveReadOnlyDisabled
			mount.RecursiveReadOnly = &disabled
		}
		mounts = append(mounts, mount)
	}
	return mounts
}
