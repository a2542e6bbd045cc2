package diagnose

import (
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// startReasons are the waiting reasons of a container that has its image and cannot be started.
// Source: https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/kuberuntime/kuberuntime_container.go
var startReasons = map[string]bool{
	"CreateContainerConfigError": true,
	"CreateContainerError":       true,
	"PreCreateHookError":         true,
	"PreStartHookError":          true,
	"RunContainerError":          true,
	"StartError":                 true,
	"PostStartHookError":         true,
}

// neverStarts is runc's complaint about a command that the image does not hold.
var neverStarts = regexp.MustCompile(`exec: ".*": (stat .*: no such file or directory|executable file not found in \$PATH|permission denied|exec format error|is a directory)`)

// noCommand is the container runtime's complaint about a container whose command neither the manifest nor the image
// names. Source: https://github.com/containerd/containerd/blob/v2.1.0/pkg/oci/spec_opts.go
var noCommand = regexp.MustCompile(`(?i)no command specified`)

// unstarted diagnoses a container that the kubelet cannot create or start. A ConfigMap or Secret that is missing now
// may still be created by somebody; a command that the image lacks won't appear.
func (c container) unstarted(waiting *corev1.ContainerStateWaiting) finding.Diagnosis {
	if missing := neverStarts.FindString(waiting.Message); missing != "" {
		return c.neverStarted(missing)
	}
	if noCommand.MatchString(waiting.Message) {
		return permanent(c.finding(finding.CrashLoop,
			"cannot be started: neither the manifest nor the image names a command.",
			"Set command in the manifest, or an entrypoint in the image "+short(c.Image)+"."))
	}
	if kind, name, key, ok := missingIn(waiting.Message); ok {
		return missingReference(c.finding(finding.MissingReference, "", ""), c.pod, c.askedBy(kind, name), kind, name, key)
	}
	switch waiting.Reason {
	case "PostStartHookError":
		return finding.Diagnosis{Finding: c.finding(finding.Unhealthy,
			"its postStart hook fails: "+finding.OneLine(waiting.Message), "Correct lifecycle.postStart.")}
	case "CreateContainerConfigError":
		if strings.Contains(waiting.Message, "runAsNonRoot") {
			return permanent(c.finding(finding.CrashLoop, "cannot be created: "+finding.OneLine(waiting.Message)+".",
				"Set securityContext.runAsUser, or have the image name a user by number."))
		}
		return finding.Diagnosis{Finding: c.finding(finding.CrashLoop,
			"cannot be created: "+finding.OneLine(waiting.Message)+".",
			"Create what is missing in namespace "+c.pod.Namespace+", or correct the reference in env, envFrom or "+
				"securityContext.")}
	}
	return finding.Diagnosis{Finding: c.finding(finding.CrashLoop, "cannot be started: "+finding.OneLine(waiting.Message),
		"Correct the container's command, mounts or security context.")}
}

func (c container) neverStarted(message string) finding.Diagnosis {
	return permanent(c.finding(finding.CrashLoop, "cannot be started: "+finding.OneLine(message)+".",
		"Correct command and args, or add the file to the image "+short(c.Image)+" and make it executable."))
}
