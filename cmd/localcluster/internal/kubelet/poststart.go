package kubelet

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/events"
	"k8s.io/kubernetes/pkg/kubelet/util/format"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/containerd"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/machine"
)

// postStart runs a container's hook. Where it fails, the container is killed, as the kubelet does. Hooks that are not a
// command are taken to succeed.
func (w *worker) postStart(ctx context.Context, c *corev1.Container, created *container) *startFailure {
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
	end(ctx, created, w.gracePeriod())
	return &startFailure{
		reason: reasonPostStart,
		message: fmt.Sprintf("Exec lifecycle hook (%v) for Container %q in Pod %q failed - error: %v, message: %q",
			hook, c.Name, format.Pod(w.pod.Load()), err, output),
	}
}

// exitError is a command that ran in a container and failed, in the words of the kubelet's CRI client.
type exitError struct {
	command string
	code    int
	output  string
}

func (e *exitError) Error() string {
	return fmt.Sprintf("command '%s' exited with %d: %s", e.command, e.code, e.output)
}

// execIn plays a command inside of a running container. Its error is an *exitError, or that of a command that runc
// does not find.
func (w *worker) execIn(ctx context.Context, c *corev1.Container, created *container, args []string) (string, error) {
	m := machine.Machine{Files: created.image.Files, Arch: w.node.arch, ExecExit: w.node.dialect.ExecExit, Finishes: true}
	cmd := command(c, w.pod.Load(), created.image.Config)
	cmd.Args = args
	if _, err := m.Load(ctx, cmd); startRefused(err) != nil {
		return "", fmt.Errorf("rpc error: code = Unknown desc = failed to exec in container: failed to start exec %q: "+
			"OCI runtime exec failed: exec failed: unable to start container process: %s: unknown", newID(),
			containerd.LookPathError(args[0], err))
	}
	var output bytes.Buffer
	if code := m.RunInit(ctx, cmd, &output); code != 0 {
		return output.String(), &exitError{command: strings.Join(args, " "), code: code, output: output.String()}
	}
	return output.String(), nil
}
