package kubelet

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/events"
	"k8s.io/kubernetes/pkg/kubelet/util/format"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/podstatus"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/process"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/sandbox"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/machine"
)

// postStart runs a container's hook. Where it fails, the container is killed, as the kubelet does. Hooks that are not a
// command are taken to succeed.
func (w *worker) postStart(ctx context.Context, c *corev1.Container, created *sandbox.Container) *podstatus.Failure {
	if c.Lifecycle == nil || c.Lifecycle.PostStart == nil || c.Lifecycle.PostStart.Exec == nil {
		return nil
	}
	hook := c.Lifecycle.PostStart.Exec.Command
	output, err := w.execIn(ctx, c, created, hook)
	if err == nil {
		return nil
	}
	w.event(c, corev1.EventTypeWarning, events.FailedPostStartHook, "PostStartHook failed")
	w.event(c, corev1.EventTypeNormal, events.KillingContainer, "FailedPostStartHook")
	created.Terminate(ctx, w.gracePeriod())
	return &podstatus.Failure{
		Reason: podstatus.ReasonPostStart,
		Message: fmt.Sprintf("Exec lifecycle hook (%v) for Container %q in Pod %q failed - error: %v, message: %q",
			hook, c.Name, format.Pod(w.pod.Load()), err, output),
	}
}

// execIn plays a command inside of a running container; see process.Run for its error.
func (w *worker) execIn(ctx context.Context, c *corev1.Container, created *sandbox.Container,
	args []string) (string, error) {
	cmd := process.Command(c, w.pod.Load(), created.Image.Config)
	cmd.Args = args
	m := machine.Machine{Files: created.Image.Files, Arch: w.node.arch, ExecExit: w.node.dialect.ExecExit, Finishes: true}
	return process.Run(ctx, m, cmd)
}
