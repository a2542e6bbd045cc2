package logs

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/podstatus"
)

// Source mirrors validateContainerLogStatus of the kubelet: which container's log is meant, by its ID.
func Source(pod string, status corev1.PodStatus, name string, previous bool) (id string, err error) {
	s, found := podutil.GetContainerStatus(slices.Concat(status.ContainerStatuses, status.InitContainerStatuses), name)
	if !found {
		return "", fmt.Errorf("container %q in pod %q is not available", name, pod)
	}
	last := s.LastTerminationState.Terminated
	switch {
	case previous && (last == nil || last.ContainerID == ""):
		return "", fmt.Errorf("previous terminated container %q in pod %q not found", name, pod)
	case previous:
		return last.ContainerID, nil
	case s.State.Running != nil:
		return s.ContainerID, nil
	case s.State.Terminated != nil:
		return s.State.Terminated.ContainerID, nil
	case last != nil:
		return last.ContainerID, nil
	}
	return "", fmt.Errorf("container %q in pod %q is waiting to start: %s", name, pod,
		waitingWords(s.State.Waiting.Reason))
}

func waitingWords(reason string) string {
	switch reason {
	case podstatus.ReasonPull:
		return "image can't be pulled"
	case podstatus.ReasonPullBackOff:
		return "trying and failing to pull image"
	}
	return reason
}
