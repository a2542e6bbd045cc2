package diagnose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// unhealthy judges a container that runs: its probes speak through events only. A slow start heals, so only a probe that
// runs a binary for another CPU dooms the pod.
func (s subject) unhealthy() Judgement {
	if s.status.State.Running == nil || s.status.Ready {
		return Judgement{}
	}
	failures := s.events("Unhealthy")
	if foreign := slices.IndexFunc(failures, execError.MatchString); foreign >= 0 {
		return Judgement{s.foreignProbe(failures[foreign]), true}
	}
	if len(failures) == 0 {
		return Judgement{}
	}
	return Judgement{Finding: s.finding(finding.Unhealthy, "runs, but is not ready: "+oneLine(failures[0])+".",
		"Check the probe's path, port and timing against what the program serves.")}
}

func (s subject) foreignProbe(text string) *finding.Finding {
	fix := "Replace the probe's command by one that is built for this CPU."
	if s.architecture != "" {
		fix = fmt.Sprintf("Build the probe's command for linux/%s, too, or use an httpGet, tcpSocket or grpc probe.", s.architecture)
	}
	return s.finding(finding.Unhealthy, "the container runs, but its probe's command is for another CPU: "+oneLine(text)+".", fix)
}

// killedByKubelet tells a container that ended because the kubelet stopped it, for a failed probe or hook, from one that
// ended by itself. SIGTERM gives 143, SIGKILL 137.
func (s subject) killedByKubelet(exit *corev1.ContainerStateTerminated) Judgement {
	if exit.ExitCode != 137 && exit.ExitCode != 143 {
		return Judgement{}
	}
	if hooks := s.events("FailedPostStartHook"); len(hooks) > 0 {
		return Judgement{s.finding(finding.Unhealthy, "stopped because its postStart hook fails"+s.restarts()+": "+oneLine(hooks[0])+".",
			"Correct lifecycle.postStart; a hook's command, too, must be built for the node's CPU."), s.backedOff()}
	}
	for _, text := range s.events("Unhealthy") {
		if strings.HasPrefix(text, "Readiness") {
			continue
		}
		if execError.MatchString(text) {
			return Judgement{s.foreignProbe(text), true}
		}
		return Judgement{s.finding(finding.Unhealthy, "stopped because its probe fails"+s.restarts()+": "+oneLine(text)+".",
			"Check the probe's path, port and timing; a slow start needs a startupProbe."), s.backedOff()}
	}
	return Judgement{}
}

// events returns the messages of the container's events of one reason, the newest first.
func (s subject) events(reason string) []string {
	suffix := "{" + s.container.Name + "}"
	var of []corev1.Event
	for _, e := range s.ev.Events {
		if e.Reason == reason && strings.HasSuffix(e.InvolvedObject.FieldPath, suffix) {
			of = append(of, e)
		}
	}
	slices.SortStableFunc(of, func(a, b corev1.Event) int { return b.LastTimestamp.Compare(a.LastTimestamp.Time) })
	messages := make([]string, len(of))
	for i, e := range of {
		messages[i] = e.Message
	}
	return messages
}
