package diagnose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// unhealthy diagnoses a container that runs: its probes speak through events only. A slow start heals, so only a
// probe that runs a binary for another CPU is permanent.
func (c container) unhealthy() finding.Diagnosis {
	if c.Status.State.Running == nil || c.Status.Ready {
		return finding.Diagnosis{}
	}
	failures := c.events("Unhealthy")
	if foreign := slices.IndexFunc(failures, execError.MatchString); foreign >= 0 {
		return permanent(c.foreignProbe(failures[foreign]))
	}
	if len(failures) == 0 {
		return finding.Diagnosis{}
	}
	return finding.Diagnosis{Finding: c.finding(finding.Unhealthy,
		"runs, but is not ready: "+finding.OneLine(failures[0])+".",
		"Check the probe's path, port and timing against what the program serves.")}
}

func (c container) foreignProbe(text string) *finding.Finding {
	fix := "Replace the probe's command by one that is built for this CPU."
	if c.architecture != "" {
		fix = fmt.Sprintf("Build the probe's command for linux/%s, too, or use an httpGet, tcpSocket or grpc probe.",
			c.architecture)
	}
	return c.finding(finding.Unhealthy,
		"the container runs, but its probe's command is for another CPU: "+finding.OneLine(text)+".", fix)
}

// killedByKubelet distinguishes a container that ended because the kubelet stopped it, for a failed probe or hook, from
// one that ended by itself. SIGTERM gives 143, SIGKILL 137.
func (c container) killedByKubelet(exit *corev1.ContainerStateTerminated) finding.Diagnosis {
	if exit.ExitCode != 137 && exit.ExitCode != 143 {
		return finding.Diagnosis{}
	}
	if hooks := c.events("FailedPostStartHook"); len(hooks) > 0 {
		return finding.Diagnosis{Finding: c.finding(finding.Unhealthy,
			"stopped because its postStart hook fails"+c.restarts()+": "+finding.OneLine(hooks[0])+".",
			"Correct lifecycle.postStart; a hook's command, too, must be built for the node's CPU."), Permanent: c.backedOff()}
	}
	for _, text := range c.events("Unhealthy") {
		if strings.HasPrefix(text, "Readiness") {
			continue
		}
		if execError.MatchString(text) {
			return permanent(c.foreignProbe(text))
		}
		return finding.Diagnosis{Finding: c.finding(finding.Unhealthy,
			"stopped because its probe fails"+c.restarts()+": "+finding.OneLine(text)+".",
			"Check the probe's path, port and timing; a slow start needs a startupProbe."), Permanent: c.backedOff()}
	}
	return finding.Diagnosis{}
}

// events returns the messages of the container's events of one reason, the newest first.
func (c container) events(reason string) []string {
	suffix := "{" + c.Name + "}"
	var of []corev1.Event
	for _, e := range c.ev.Events {
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
