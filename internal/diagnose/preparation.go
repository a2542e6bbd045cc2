package diagnose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

var volumeNamed = regexp.MustCompile(`for volume "([^"]+)"|unmounted volumes=\[([^\] ,]+)`)

// unprepared diagnoses a pod that has a node and whose containers the kubelet cannot create yet: volumes and the
// sandbox come first, and only events say what is wrong with them.
func unprepared(pod *corev1.Pod, ev Evidence) finding.Diagnosis {
	if pod.Spec.NodeName == "" || !isBeingCreated(pod) {
		return finding.Diagnosis{}
	}
	for _, e := range slices.Backward(ev.Events) {
		f := podFinding(pod, finding.VolumeNotReady)
		f.Node, f.Architecture = pod.Spec.NodeName, architectureOf(pod.Spec.NodeName, ev.Nodes)
		f.Message = at(pod, f.Architecture) + ": "
		message := finding.OneLine(e.Message)
		switch e.Reason {
		case "FailedMount", "FailedMapVolume":
			return unmounted(f, pod, message)
		case "FailedAttachVolume":
			f.Message += "a volume cannot be attached to the node: " + message + "."
			f.Fix = "See which pod or node holds the volume: kubectl get volumeattachments"
			return finding.Diagnosis{Finding: f}
		case "FailedCreatePodSandBox", "FailedPodSandBoxStatus":
			f.Code = finding.PodNotStarted
			f.Message += "the node cannot set the pod up: " + message + "."
			f.Fix = "Look at the node's network plugin and container runtime; the pod waits for them, not for its image."
			return finding.Diagnosis{Finding: f}
		}
	}
	return finding.Diagnosis{}
}

// unmounted distinguishes a volume whose source is missing from one that cannot be mounted for another reason.
func unmounted(f *finding.Finding, pod *corev1.Pod, message string) finding.Diagnosis {
	volume := ""
	if m := volumeNamed.FindStringSubmatch(message); m != nil {
		volume = m[1] + m[2]
	}
	if kind, name, key, ok := missingIn(message); ok {
		who := "a volume"
		if volume != "" {
			who = "volume " + volume
		}
		if name == "" {
			name = sourceOf(pod, volume, kind, key)
		}
		return missingReference(f, pod, who, kind, name, key)
	}
	f.Message += fmt.Sprintf("volume %s cannot be mounted: %s.", volume, message)
	f.Message = strings.ReplaceAll(f.Message, "volume  cannot", "a volume cannot")
	f.Fix = "See the volume's source and the driver's messages: kubectl describe pod -n " + pod.Namespace + " " + pod.Name
	return finding.Diagnosis{Finding: f}
}

// isBeingCreated reports whether no container of the pod has been created, as far as the kubelet says.
func isBeingCreated(pod *corev1.Pod) bool {
	for _, c := range object.Containers(pod) {
		waiting := c.Status.State.Waiting
		if c.Status.State.Running != nil || c.Status.State.Terminated != nil || c.Started() {
			return false
		}
		if waiting != nil && waiting.Reason != "" && waiting.Reason != "ContainerCreating" &&
			waiting.Reason != "PodInitializing" {
			return false
		}
	}
	return true
}
