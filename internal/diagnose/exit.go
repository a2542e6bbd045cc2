package diagnose

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// hopelessBackOff is the kubelet's pause between restarts from which on a crash loop counts as permanent: six crashes
// in a row over some two and a half minutes (10, 20, 40, 80, 160 s). Until then a program may be waiting for its
// database. The pause, not the restart count, is the measure, since it starts anew after ten good minutes.
const hopelessBackOff = 160 * time.Second

// lastExit is how the container ended last, or nil when it has not ended, or ended as it should.
func (c container) lastExit() *corev1.ContainerStateTerminated {
	exit := c.Status.State.Terminated
	if exit == nil {
		exit = c.Status.LastTerminationState.Terminated
	}
	if exit == nil || exit.ExitCode == 0 && !c.mustKeepRunning() {
		return nil
	}
	return exit
}

// mustKeepRunning says whether even an exit with status 0 is a failure.
func (c container) mustKeepRunning() bool {
	return !c.Init && c.pod.Spec.RestartPolicy == corev1.RestartPolicyAlways
}

// exited diagnoses a container that has ended, or that runs again after it ended. The same image on the same node meets
// the same CPU at every start, so a wrong architecture is permanent from the first exit on.
func (c container) exited(ctx context.Context, exit *corev1.ContainerStateTerminated) finding.Diagnosis {
	if exit.Reason == "OOMKilled" {
		return finding.Diagnosis{Finding: c.outOfMemory(), Permanent: c.backedOff()}
	}
	if missing := neverStarts.FindString(exit.Message); missing != "" {
		return c.neverStarted(missing)
	}
	if j := c.killedByKubelet(exit); j.Finding != nil {
		return j
	}
	log := c.log(ctx, exit)
	if f := c.execFormat(exit, log); f != nil {
		return permanent(f)
	}
	what := fmt.Sprintf("exited with status %d%s.", exit.ExitCode, c.restarts())
	fix := "Read the log lines for the cause."
	if log == "" {
		fix = fmt.Sprintf("Read its log: kubectl logs -n %s %s -c %s", c.pod.Namespace, c.pod.Name, c.Name)
		if c.Started() && c.Status.State.Terminated == nil {
			fix += " --previous"
		}
	}
	if exit.ExitCode == 0 {
		fix = "Let the command keep running, or make the workload a Job."
	}
	return finding.Diagnosis{Finding: c.finding(finding.CrashLoop, what+quote(log), fix), Permanent: c.backedOff()}
}

func (c container) outOfMemory() *finding.Finding {
	what := "killed for using more memory than the node has left" + c.restarts() + "."
	if limit, ok := c.Resources.Limits[corev1.ResourceMemory]; ok {
		what = fmt.Sprintf("killed for using more memory than its limit of %s%s.", limit.String(), c.restarts())
	}
	return c.finding(finding.CrashLoop, what, "Raise resources.limits.memory, or make the program need less.")
}

func (c container) restarts() string {
	switch n := c.Status.RestartCount; n {
	case 0:
		return ""
	case 1:
		return ", restarted once"
	default:
		return fmt.Sprintf(", restarted %d times", n)
	}
}

// backedOff reads the kubelet's pause from "back-off 2m40s restarting failed container=c pod=…".
func (c container) backedOff() bool {
	waiting := c.Status.State.Waiting
	if waiting == nil || waiting.Reason != "CrashLoopBackOff" {
		return false
	}
	words := strings.Fields(waiting.Message)
	if len(words) < 2 {
		return false
	}
	pause, err := time.ParseDuration(words[1])
	return err == nil && pause >= hopelessBackOff
}
