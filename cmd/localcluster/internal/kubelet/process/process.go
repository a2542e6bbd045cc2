// Package process says what a container would start, and plays commands in it.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/containerd"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/sandbox"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/machine"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// StartRefused picks the failures that runc finds before it gives way to the program. What Linux refuses after that,
// a wrong CPU or a missing interpreter, looks like a container that ran.
func StartRefused(err error) error {
	var interpreter *launch.InterpreterError
	if err == nil || errors.Is(err, machine.ErrFormat) || errors.As(err, &interpreter) {
		return nil
	}
	return err
}

// EndsWell reports whether a fine program of a container ends at once: those of init containers and of Jobs do.
func EndsWell(pod *corev1.Pod, c *corev1.Container) bool {
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

// ExitError is a command that ran in a container and failed, in the words of the kubelet's CRI client.
type ExitError struct {
	command string
	code    int
	output  string
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("command '%s' exited with %d: %s", e.command, e.code, e.output)
}

// Run plays a command inside of a running container. Its error is an *ExitError, or that of a command that runc does
// not find.
func Run(ctx context.Context, m machine.Machine, cmd launch.Command) (string, error) {
	if _, err := m.Load(ctx, cmd); StartRefused(err) != nil {
		return "", fmt.Errorf("rpc error: code = Unknown desc = failed to exec in container: failed to start exec %q: "+
			"OCI runtime exec failed: exec failed: unable to start container process: %s: unknown", sandbox.NewID(),
			containerd.LookPathError(cmd.Args[0], err))
	}
	var output bytes.Buffer
	if code := m.RunInit(ctx, cmd, &output); code != 0 {
		return output.String(), &ExitError{command: strings.Join(cmd.Args, " "), code: code, output: output.String()}
	}
	return output.String(), nil
}
