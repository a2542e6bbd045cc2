//go:build engines && peers

package peers_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/peers"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

func init() { parts = append(parts, part{"build", "BuildKit", build}) }

// build makes an image of both platforms of a compiled Go service: put together from its files, and joined from what
// two native runners have built, each beside one BuildKit that emulates the other CPU. The Dockerfile computes a
// little, as the steps of most do.
func build(t *testing.T) []peers.Row {
	host := registry.Start(t, registry.Options{}).Host
	base, err := name.NewTag(host + "/base:v1")
	must(t, err)
	buildkit.PushBusybox(t, base)
	dir := t.TempDir()
	must(t, sampleapp.Compile(t.Context(), sampleapp.AKS(root), dir, both...))
	writeFile(t, filepath.Join(dir, "Dockerfile"), "FROM "+base.Name()+`
ARG TARGETOS TARGETARCH STEP
COPY ${TARGETOS}_${TARGETARCH}/app /app
RUN i=${STEP}; while [ $i -lt 1000000 ]; do i=$((i+1)); done; busybox echo $i >/step
ENTRYPOINT ["/app"]
`)
	b := builds{t: t, dir: dir, host: host, daemon: buildkit.Start(t)}
	assembled := peers.Row{What: "both platforms of compiled files put together (`assemble`)"}
	joined := peers.Row{What: "two native halves, side by side, and `mode: join`",
		Note: "the half for arm64 is taken to be as long as that for amd64, since this machine has no other CPU; " +
			"without a runner's start"}
	for round := range *rounds {
		emulated := measure(t, b.dockerfile(round, "emulated", "linux/amd64,linux/arm64"))
		assembled.Ours = append(assembled.Ours, measure(t, b.assemble(round)))
		assembled.Theirs = append(assembled.Theirs, emulated)

		half := measure(t, b.dockerfile(round, "joined", "linux/amd64", "--push-as", "platform"))
		measure(t, b.dockerfile(round, "joined", "linux/arm64", "--push-as", "platform")) // what the other runner does
		whole := measure(t, b.command(round, "joined", "--mode", "join"))
		whole.Wall, whole.CPU = whole.Wall+half.Wall, whole.CPU+half.CPU
		joined.Ours, joined.Theirs = append(joined.Ours, whole), append(joined.Theirs, emulated)
	}
	return []peers.Row{assembled, joined}
}

type builds struct {
	t                 *testing.T
	dir, host, daemon string
}

// command is a build into a repository that has no layer yet.
func (b builds) command(round int, name string, flags ...string) peers.Command {
	args := []string{"build", "--images", fmt.Sprintf("app=%s/%s-%d", b.host, name, round), "--tag", "v1"}
	return peers.Command{Path: program(b.t, "multiarch-deploy"), Dir: b.dir, Args: append(args, flags...)}
}

// dockerfile has BuildKit build; the argument keeps a round from finding the last one's layers.
func (b builds) dockerfile(round int, name, platforms string, more ...string) peers.Command {
	return b.command(round, name, append([]string{"--builder", b.daemon, "--platforms", platforms,
		"--build-args", fmt.Sprintf("STEP=%d", round)}, more...)...)
}

func (b builds) assemble(round int) peers.Command {
	return b.command(round, "assembled", "--builder", "assemble", "--base-image", b.host+"/base:v1",
		"--artifacts", "{os}_{arch}/app:/app", "--entrypoint", "/app")
}
