package diagnose

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// hopelessBackOff is the kubelet's pause between restarts from which on a crash loop counts as doomed: six crashes in a
// row over some two and a half minutes (10, 20, 40, 80, 160 s). Until then a program may be waiting for its database.
// The pause, not the restart count, is the measure, since it starts anew after ten good minutes.
const hopelessBackOff = 160 * time.Second

// lastExit is how the container ended last, or nil when it has not ended, or ended as it should.
func (s subject) lastExit() *corev1.ContainerStateTerminated {
	exit := s.status.State.Terminated
	if exit == nil {
		exit = s.status.LastTerminationState.Terminated
	}
	if exit == nil || exit.ExitCode == 0 && !s.mustKeepRunning() {
		return nil
	}
	return exit
}

// mustKeepRunning says whether even an exit with status 0 is a failure.
func (s subject) mustKeepRunning() bool {
	return !s.init && s.pod.Spec.RestartPolicy == corev1.RestartPolicyAlways
}

// exited judges a container that has ended, or that runs again after it ended. The same image on the same node meets
// the same CPU at every start, so a wrong architecture dooms it at the first exit.
func (s subject) exited(ctx context.Context, exit *corev1.ContainerStateTerminated) Judgement {
	if exit.Reason == "OOMKilled" {
		return Judgement{s.outOfMemory(), s.backedOff()}
	}
	if missing := neverStarts.FindString(exit.Message); missing != "" {
		return s.neverStarted(missing)
	}
	if j := s.killedByKubelet(exit); j.Finding != nil {
		return j
	}
	log := s.log(ctx, exit)
	if f := s.execFormat(exit, log); f != nil {
		return Judgement{f, true}
	}
	what := fmt.Sprintf("exited with status %d%s.", exit.ExitCode, s.restarts())
	fix := "Read the log lines for the cause."
	if log == "" {
		fix = fmt.Sprintf("Read its log: kubectl logs -n %s %s -c %s --previous", s.pod.Namespace, s.pod.Name, s.container.Name)
	}
	if exit.ExitCode == 0 {
		fix = "Let the command keep running, or make the workload a Job."
	}
	return Judgement{s.finding(finding.CrashLoop, what+quote(log), fix), s.backedOff()}
}

func (s subject) outOfMemory() *finding.Finding {
	what := "killed for using more memory than the node has left" + s.restarts() + "."
	if limit, ok := s.container.Resources.Limits[corev1.ResourceMemory]; ok {
		what = fmt.Sprintf("killed for using more memory than its limit of %s%s.", limit.String(), s.restarts())
	}
	return s.finding(finding.CrashLoop, what, "Raise resources.limits.memory, or make the program need less.")
}

func (s subject) restarts() string {
	switch n := s.status.RestartCount; n {
	case 0:
		return ""
	case 1:
		return ", restarted once"
	default:
		return fmt.Sprintf(", restarted %d times", n)
	}
}

// backedOff reads the kubelet's pause from "back-off 2m40s restarting failed container=c pod=…".
func (s subject) backedOff() bool {
	waiting := s.status.State.Waiting
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
