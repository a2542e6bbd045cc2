package kubelet

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/events"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/podstatus"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/probing"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/process"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/sandbox"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/machine"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// refusedLife is how long a container lives whose program Linux will not load. The kubelet, which looks once a second,
// reports it running and ready meanwhile: for about a second, as on the real nodes.
const refusedLife = 500 * time.Millisecond

// launch creates a container and plays its first process.
func (w *worker) launch(ctx context.Context, c *corev1.Container, created *sandbox.Container) *podstatus.Failure {
	cmd := process.Command(c, w.pod.Load(), created.Image.Config)
	if len(cmd.Args) == 0 {
		message := "failed to generate container spec: no command specified"
		w.event(c, corev1.EventTypeWarning, events.FailedToCreateContainer, "Error: %s", message)
		return &podstatus.Failure{Reason: podstatus.ReasonCreate, Message: message}
	}
	w.box.Add(created)
	w.event(c, corev1.EventTypeNormal, events.CreatedContainer, "Container created")
	m := w.machine(c, created)
	_, err := m.Load(ctx, cmd)
	if refused := process.StartRefused(err); refused != nil {
		message := w.node.dialect.StartError(cmd.Args[0], refused)
		w.event(c, corev1.EventTypeWarning, events.FailedToStartContainer, "Error: %s", message)
		created.Kill, created.Stop = func() {}, func() {}
		w.box.Exited(created, 128, "StartError", message)
		return &podstatus.Failure{Reason: podstatus.ReasonRun, Message: message}
	}
	if err != nil {
		created.End() // Linux refuses it: there is never a process
	}
	w.play(ctx, c, created, m, cmd)
	w.event(c, corev1.EventTypeNormal, events.StartedContainer, "Container started")
	return nil
}

func (w *worker) machine(c *corev1.Container, created *sandbox.Container) machine.Machine {
	term := make(chan struct{})
	created.Stop = sync.OnceFunc(func() { close(term) })
	return machine.Machine{
		Files: created.Image.Files, Arch: w.node.arch, ExecExit: w.node.dialect.ExecExit,
		Finishes: process.EndsWell(w.pod.Load(), c), Term: term,
	}
}

// play runs the container's process in its own goroutine, until it ends or is killed.
func (w *worker) play(ctx context.Context, c *corev1.Container, created *sandbox.Container, m machine.Machine,
	cmd launch.Command) {
	// Not the worker's context: the container outlives the sync that started it, up to the end of the node.
	life, kill := context.WithCancel(context.WithoutCancel(ctx))
	created.Kill = kill
	w.probes.Expect(sandbox.URI(created.ID), c)
	w.box.Running(created)
	go func() {
		defer kill()
		begun := time.Now()
		code := m.RunInit(life, cmd, created.Log)
		created.End()
		wait(life, refusedLife-time.Since(begun))
		w.box.Exited(created, code, exitReason(code), w.terminationMessage(c, created, code))
	}()
	go w.prober().Probe(life, c, created)
}

func exitReason(code int) string {
	if code == 0 {
		return "Completed"
	}
	return "Error"
}

// terminationMessage: a stand-in writes no /dev/termination-log, so the only message is the log's end, where asked for.
func (w *worker) terminationMessage(c *corev1.Container, created *sandbox.Container, code int) string {
	if code == 0 || c.TerminationMessagePolicy != corev1.TerminationMessageFallbackToLogsOnError {
		return ""
	}
	return created.Log.Tail()
}

func (w *worker) prober() *probing.Prober {
	return &probing.Prober{Results: w.probes, Event: w.event, Exec: w.execIn, Address: w.box.Address, Grace: w.gracePeriod}
}
