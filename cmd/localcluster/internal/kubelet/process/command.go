package process

import (
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// Command joins the image's config with the pod's words as Kubernetes does: command replaces ENTRYPOINT and drops
// CMD, args replaces CMD; $(VAR) is expanded from the container's own env. Values taken from elsewhere (valueFrom,
// envFrom) are not resolved.
func Command(c *corev1.Container, pod *corev1.Pod, config v1.Config) launch.Command {
	var env []string
	var expandable []kubecontainer.EnvVar
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			env = append(env, e.Name+"="+e.Value)
			expandable = append(expandable, kubecontainer.EnvVar{Name: e.Name, Value: e.Value})
		}
	}
	entry, args := kubecontainer.ExpandContainerCommandAndArgs(c, expandable)
	switch {
	case len(entry) == 0 && len(args) == 0:
		entry, args = config.Entrypoint, config.Cmd
	case len(entry) == 0:
		entry = config.Entrypoint
	}
	dir := c.WorkingDir
	if dir == "" {
		dir = config.WorkingDir
	}
	return launch.Command{
		Args: append(append([]string(nil), entry...), args...),
		Env:  append(append(append([]string(nil), config.Env...), "HOSTNAME="+pod.Name), env...),
		Dir:  path.Join("/", dir),
	}
}
