package kubelet

import (
	"context"
	"errors"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/kubelet/events"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/machine"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// refusedLife is how long a container lives whose program Linux will not load. The kubelet, which looks once a second,
// reports it running and ready meanwhile: for about a second, as on the real nodes.
const refusedLife = 500 * time.Millisecond

// launch creates a container and plays its first process.
func (w *worker) launch(ctx context.Context, c *corev1.Container, created *container) *startFailure {
	cmd := command(c, w.pod.Load(), created.image.Config)
	if len(cmd.Args) == 0 {
		message := "failed to generate container spec: no command specified"
		w.event(c, corev1.EventTypeWarning, events.FailedToCreateContainer, "Error: %s", message)
		return &startFailure{reason: reasonCreate, message: message}
	}
	w.box.add(created)
	w.event(c, corev1.EventTypeNormal, events.CreatedContainer, "Container created")
	m := w.machine(c, created)
	_, err := m.Load(ctx, cmd)
	if refused := startRefused(err); refused != nil {
		message := w.node.dialect.StartError(cmd.Args[0], refused)
		w.event(c, corev1.EventTypeWarning, events.FailedToStartContainer, "Error: %s", message)
		created.kill, created.stop = func() {}, func() {}
		w.box.exited(created, 128, "StartError", message)
		return &startFailure{reason: reasonRun, message: message}
	}
	if err != nil {
		created.end() // Linux refuses it: there is never a process
	}
	w.play(ctx, c, created, m, cmd)
	w.event(c, corev1.EventTypeNormal, events.StartedContainer, "Container started")
	return nil
}

// startRefused picks the failures that runc finds before it gives way to the program. What Linux refuses after that,
// a wrong CPU or a missing interpreter, looks like a container that ran.
func startRefused(err error) error {
	var interpreter *launch.InterpreterError
	if err == nil || errors.Is(err, machine.ErrFormat) || errors.As(err, &interpreter) {
		return nil
	}
	return err
}

func (w *worker) machine(c *corev1.Container, created *container) machine.Machine {
	term := make(chan struct{})
	created.stop = sync.OnceFunc(func() { close(term) })
	return machine.Machine{
		Files: created.image.Files, Arch: w.node.arch, ExecExit: w.node.dialect.ExecExit,
		Finishes: endsWell(w.pod.Load(), c), Term: term,
	}
}

// play runs the container's process in its own goroutine, until it ends or is killed.
func (w *worker) play(ctx context.Context, c *corev1.Container, created *container, m machine.Machine,
	cmd launch.Command) {
	// Not the worker's context: the container outlives the sync that started it, up to the end of the node.
	life, kill := context.WithCancel(context.WithoutCancel(ctx))
	created.kill = kill
	w.probes.expect(uri(created.id), c)
	w.box.running(created)
	go func() {
		defer kill()
		begun := time.Now()
		code := m.RunInit(life, cmd, created.log)
		created.end()
		wait(life, refusedLife-time.Since(begun))
		w.box.exited(created, code, exitReason(code), w.terminationMessage(c, created, code))
	}()
	go w.probe(life, c, created)
}

func exitReason(code int) string {
	if code == 0 {
		return "Completed"
	}
	return "Error"
}

// terminationMessage: a stand-in writes no /dev/termination-log, so the only message is the log's end, where asked for.
func (w *worker) terminationMessage(c *corev1.Container, created *container, code int) string {
	if code == 0 || c.TerminationMessagePolicy != corev1.TerminationMessageFallbackToLogsOnError {
		return ""
	}
	return created.log.tail()
}

// endsWell: init containers and the pods of Jobs are made to end, so a fine program of theirs ends at once.
func endsWell(pod *corev1.Pod, c *corev1.Container) bool {
	for i := range pod.Spec.InitContainers {
		if pod.Spec.InitContainers[i].Name == c.Name {
			return !podutil.IsRestartableInitContainer(c)
		}
	}
	for _, owner := range pod.OwnerReferences {
		if owner.Kind == "Job" {
			return true
		}
	}
	return false
}
