package buildkit

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	docker "github.com/moby/moby/client"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// startTimeout is how long a container may take from its start until BuildKit in it answers.
const startTimeout = 60 * time.Second

// inContainer is the BuildKit of a buildx builder, as docker/setup-buildx-action leaves it: its first node runs in
// container buildx_buildkit_NAME0. The name of any other container with a BuildKit in it does too.
func (b *Builder) inContainer(ctx context.Context, name string) (*daemon, error) {
	engine, err := b.engine(ctx)
	if err != nil {
		return nil, err
	}
	id, err := findContainer(ctx, engine, "buildx_buildkit_"+name+"0", name)
	if err != nil {
		return owning(engine, nil, err)
	}
	d, err := reach(ctx, engine, id)
	return owning(engine, d, err)
}

// findContainer returns the first of the containers that there is, running or not.
func findContainer(ctx context.Context, engine *docker.Client, names ...string) (string, error) {
	for _, name := range names {
		found, err := engine.ContainerInspect(ctx, name, docker.ContainerInspectOptions{})
		if err == nil {
			return found.Container.ID, nil
		}
		if !cerrdefs.IsNotFound(err) {
			return "", fmt.Errorf("looking for container %s: %w", name, err)
		}
	}
	return "", fmt.Errorf("the Docker engine at %s has no container %s; is docker/setup-buildx-action before this "+
		"step, and is this the name it printed?",
		engine.DaemonHost(), strings.Join(names, " and no container "))
}

// startContainer starts a BuildKit container for this run. It goes when the daemon is closed.
func (b *Builder) startContainer(ctx context.Context, engine *docker.Client, specs []build.Spec) (*daemon, error) {
	image := cmp.Or(b.Image, DefaultImage)
	if err := b.pull(ctx, engine, image); err != nil {
		return nil, err
	}
	created, err := engine.ContainerCreate(ctx, docker.ContainerCreateOptions{
		Name:   "multiarch-deploy-buildkit-" + strings.ToLower(rand.Text()[:8]),
		Config: &container.Config{Image: image, Labels: map[string]string{"multiarch-deploy": "buildkit"}},
		HostConfig: &container.HostConfig{
			Privileged:  true, // as buildx has it: BuildKit makes containers itself
			NetworkMode: network(specs),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("creating a BuildKit container: %w", err)
	}
	remove := func(ctx context.Context) error {
		_, err := engine.ContainerRemove(ctx, created.ID, docker.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		return err
	}
	d, err := reach(ctx, engine, created.ID)
	if err != nil {
		return nil, errors.Join(err, remove(context.WithoutCancel(ctx)))
	}
	d.release = remove
	return d, nil
}

// network is the host's where an image goes to a registry on it: loopback is another one inside a container.
func network(specs []build.Spec) container.NetworkMode {
	for _, spec := range specs {
		if registry.IsLoopback(spec.Reference.Context().RegistryStr()) {
			return "host"
		}
	}
	return "default"
}

func (b *Builder) pull(ctx context.Context, engine *docker.Client, image string) error {
	if _, err := engine.ImageInspect(ctx, image); err == nil {
		return nil
	}
	b.Progress(progress.Message{Text: "Pulling " + image})
	response, err := engine.ImagePull(ctx, image, docker.ImagePullOptions{})
	if err == nil {
		err = response.Wait(ctx)
	}
	if err != nil {
		return fmt.Errorf("pulling BuildKit's image %s: %w", image, err)
	}
	return nil
}

// reach starts a container, unless it runs, and waits until BuildKit in it answers.
func reach(ctx context.Context, engine *docker.Client, id string) (*daemon, error) {
	if _, err := engine.ContainerStart(ctx, id, docker.ContainerStartOptions{}); err != nil {
		return nil, fmt.Errorf("starting a BuildKit container: %w", err)
	}
	d, err := execInto(ctx, engine, id)
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("no answer within %s", startTimeout))
	defer cancel()
	if err := d.client.Wait(whileRunning(waiting, engine, id)); err != nil {
		d.client.Close()
		return nil, fmt.Errorf("waiting for BuildKit in its container: %w; it logged:\n%s", err, lastWords(ctx, engine, id))
	}
	return d, nil
}

// whileRunning is ctx, cancelled when the container ends.
func whileRunning(ctx context.Context, engine *docker.Client, id string) context.Context {
	running, cancel := context.WithCancelCause(ctx)
	ended := engine.ContainerWait(ctx, id, docker.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	go func() {
		select {
		case end := <-ended.Result:
			cancel(fmt.Errorf("it ended with status %d", end.StatusCode))
		case err := <-ended.Error:
			cancel(err)
		}
	}()
	return running
}

// lastWords are the last lines that a container logged, for an error.
func lastWords(ctx context.Context, engine *docker.Client, id string) string {
	logs, err := engine.ContainerLogs(ctx, id, docker.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: "20"})
	if err != nil {
		return err.Error()
	}
	defer logs.Close()
	var text bytes.Buffer
	if _, err := stdcopy.StdCopy(&text, &text, logs); err != nil {
		return err.Error()
	}
	return text.String()
}
