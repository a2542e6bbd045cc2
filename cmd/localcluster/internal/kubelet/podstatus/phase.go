package podstatus

import (
	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

// phase mirrors getPhase of the kubelet. final means that no container will run again.
func phase(pod *corev1.Pod, statuses []corev1.ContainerStatus, final, initialized bool) corev1.PodPhase {
	pendingInit, pendingSidecar, failedInit := initCounts(pod, statuses)
	var t tally
	for i := range pod.Spec.InitContainers {
		if c := pod.Spec.InitContainers[i]; podutil.IsRestartableInitContainer(&c) {
			t.addSidecar(statuses, c)
		}
	}
	for _, c := range pod.Spec.Containers {
		t.add(pod, statuses, c)
	}
	switch {
	case failedInit:
		return corev1.PodFailed
	case pendingInit, pendingSidecar && !initialized, t.waiting > 0:
		return corev1.PodPending
	case t.running > 0 && t.unknown == 0:
		return corev1.PodRunning
	case t.running == 0 && t.stopped > 0 && t.unknown == 0:
		return t.ended(final)
	}
	return corev1.PodPending
}

// tally counts containers by what they do.
type tally struct{ running, waiting, stopped, forGood, succeeded, unknown int }

func (t *tally) addSidecar(statuses []corev1.ContainerStatus, c corev1.Container) {
	s, ok := podutil.GetContainerStatus(statuses, c.Name)
	switch {
	case !ok:
		t.unknown++
	case s.State.Running != nil:
		t.running++
	case s.State.Waiting != nil && s.LastTerminationState.Terminated == nil:
		t.waiting++
	}
}

func (t *tally) add(pod *corev1.Pod, statuses []corev1.ContainerStatus, c corev1.Container) {
	s, ok := podutil.GetContainerStatus(statuses, c.Name)
	switch {
	case !ok:
		t.unknown++
	case s.State.Running != nil:
		t.running++
	case s.State.Terminated != nil:
		t.stop(pod, c, s.State.Terminated.ExitCode)
		if s.State.Terminated.ExitCode == 0 {
			t.succeeded++
		}
	case s.LastTerminationState.Terminated != nil:
		t.stop(pod, c, s.LastTerminationState.Terminated.ExitCode)
	default:
		t.waiting++
	}
}

func (t *tally) stop(pod *corev1.Pod, c corev1.Container, exitCode int32) {
	t.stopped++
	if !podutil.ContainerShouldRestart(c, pod.Spec, exitCode) {
		t.forGood++
	}
}

// ended is the phase of a pod none of whose containers runs.
func (t *tally) ended(final bool) corev1.PodPhase {
	switch {
	case !final && t.stopped != t.forGood:
		return corev1.PodRunning // some will be restarted
	case t.stopped == t.succeeded:
		return corev1.PodSucceeded
	}
	return corev1.PodFailed
}

// initCounts says whether init containers have yet to end, whether sidecars have yet to start, and whether one failed
// for good.
func initCounts(pod *corev1.Pod, statuses []corev1.ContainerStatus) (pending, sidecarPending, failed bool) {
	for _, c := range pod.Spec.InitContainers {
		s, _ := podutil.GetContainerStatus(statuses, c.Name)
		dead := s.State.Terminated
		if dead == nil {
			dead = s.LastTerminationState.Terminated
		}
		switch {
		case podutil.IsRestartableInitContainer(&c):
			started := s.State.Terminated != nil || s.State.Waiting != nil && dead != nil || s.Started != nil && *s.Started
			sidecarPending = sidecarPending || !started
		case s.State.Running != nil || dead == nil:
			pending = true
		case dead.ExitCode != 0 && !podutil.ContainerShouldRestart(c, pod.Spec, dead.ExitCode):
			failed = true
		}
	}
	return pending, sidecarPending, failed
}
