//go:build engines

package buildkit_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	docker "github.com/moby/moby/client"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/buildkit"
	buildkittest "github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
)

// TestBuild_through_the_Docker_socket uses one real engine, which the cases share.
func TestBuild_through_the_Docker_socket(t *testing.T) {
	engine, host := buildkittest.StartEngine(t), newRegistry(t)
	buildkittest.LoadBuildKit(t, engine, buildkit.DefaultImage)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *docker.Client, string)
	}{
		{"a_container_of_its_own_comes_and_goes", ownContainer},
		{"a_container_of_its_own_goes_after_an_interrupt", interruptedContainer},
		{"a_container_that_never_answers_goes_too", brokenContainer},
		{"a_builder_of_buildx_is_found_by_name", buildxBuilder},
		{"a_builder_that_has_stopped_is_started", stoppedBuilder},
		{"a_builder_that_is_not_there", noBuilder},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, engine, host) })
	}
}

// An engine that keeps images in containerd needs no container for it.
func TestBuild_with_the_BuildKit_of_the_Docker_engine(t *testing.T) {
	engine, host := buildkittest.StartModernEngine(t), newRegistry(t)
	b, log := through(engine, "auto")
	// The engine of the test has no bridge, which a RUN with a network would need.
	index := mustBuild(t, b, spec(t, host, "engine", folder(t, host,
		map[string]string{"Dockerfile": "FROM BASE\nRUN --network=none uname -m\n"})))
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64", "unknown/unknown", "unknown/unknown"}, offers(t,
		index)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if !strings.Contains(log.text(), "aarch64") || strings.Contains(log.text(), "Pulling "+buildkit.DefaultImage) {
		t.Errorf("the engine did not build itself:\n%s", log.text())
	}
}

// through is a builder at an address that finds the engine.
func through(engine *docker.Client, address string) (*buildkit.Builder, *journal) {
	b, log := builder(address)
	b.Getenv = func(name string) string { return map[string]string{"DOCKER_HOST": engine.DaemonHost()}[name] }
	return b, log
}

// containers are the names of all containers of an engine.
func containers(t *testing.T, engine *docker.Client) []string {
	t.Helper()
	list, err := engine.ContainerList(context.WithoutCancel(t.Context()), docker.ContainerListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range list.Items {
		names = append(names, c.Names...)
	}
	return names
}

func ownContainer(t *testing.T, engine *docker.Client, host string) {
	b, _ := through(engine, "auto")
	index := mustBuild(t, b, spec(t, host, "own", folder(t, host,
		map[string]string{"Dockerfile": "FROM BASE\nRUN uname -m\n"})))
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64", "unknown/unknown", "unknown/unknown"}, offers(t,
		index)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if left := containers(t, engine); len(left) > 0 {
		t.Errorf("containers are left: %v", left)
	}
}

func interruptedContainer(t *testing.T, engine *docker.Client, host string) {
	b, _ := through(engine, "auto")
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	s := spec(t, host, "interrupted", folder(t, host, map[string]string{"Dockerfile": "FROM BASE\nRUN sleep 300\n"}))
	if _, err := b.Build(ctx, []build.Spec{s}); err == nil {
		t.Error("an interrupted build ended well")
	}
	if left := containers(t, engine); len(left) > 0 {
		t.Errorf("containers are left: %v", left)
	}
}

func brokenContainer(t *testing.T, engine *docker.Client, host string) {
	b, _ := through(engine, "auto")
	b.Image = "broken:1"
	buildkittest.LoadBroken(t, engine, b.Image)
	_, err := b.Build(t.Context(), []build.Spec{spec(t, host, "broken", ".")})
	if err == nil || !strings.Contains(err.Error(), "builder auto: ") {
		t.Errorf("got error %v", err)
	}
	t.Log(err)
	if left := containers(t, engine); len(left) > 0 {
		t.Errorf("containers are left: %v", left)
	}
}

// buildx starts a container as docker/setup-buildx-action does.
func buildx(t *testing.T, engine *docker.Client, name string) string {
	t.Helper()
	created, err := engine.ContainerCreate(t.Context(), docker.ContainerCreateOptions{
		Name: "buildx_buildkit_" + name + "0", Image: buildkit.DefaultImage,
		HostConfig: &container.HostConfig{Privileged: true, NetworkMode: "host"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := engine.ContainerRemove(context.WithoutCancel(t.Context()), created.ID,
			docker.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		if err != nil {
			t.Error(err)
		}
	})
	return created.ID
}

func buildxBuilder(t *testing.T, engine *docker.Client, host string) {
	id := buildx(t, engine, "builder-1234")
	if _, err := engine.ContainerStart(t.Context(), id, docker.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	dir := folder(t, host, map[string]string{"Dockerfile": "FROM BASE\nRUN uname -m\n"})
	for _, name := range []string{"builder-1234", "buildx_buildkit_builder-12340"} {
		b, _ := through(engine, "docker-container://"+name)
		mustBuild(t, b, spec(t, host, "buildx", dir))
	}
	if left := containers(t, engine); len(left) != 1 {
		t.Errorf("the builder of someone else is gone: %v", left)
	}
}

func stoppedBuilder(t *testing.T, engine *docker.Client, host string) {
	buildx(t, engine, "stopped")
	b, _ := through(engine, "docker-container://stopped")
	mustBuild(t, b, spec(t, host, "stopped", folder(t, host,
		map[string]string{"Dockerfile": "FROM BASE\nRUN uname -m\n"})))
}

func noBuilder(t *testing.T, engine *docker.Client, host string) {
	b, _ := through(engine, "docker-container://nobody")
	_, err := b.Build(t.Context(), []build.Spec{spec(t, host, "nobody", ".")})
	want := "builder docker-container://nobody: the Docker engine at " + engine.DaemonHost() +
		" has no container buildx_buildkit_nobody0 and no container nobody; is docker/setup-buildx-action before this " +
		"step, and is this the name it printed?"
	if err == nil || err.Error() != want {
		t.Errorf("got error  %v\nwant error %s", err, want)
	}
}
