//go:build engines

package build_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/buildkit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	registryclient "github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	buildkittest "github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	registrytest "github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

var both = []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}

// dockerfile puts the binary of each platform onto the base. Its RUN is a step as most Dockerfiles have one, under
// emulation for the platform that is not the builder's own. STEP keeps a run from finding the last one's layers.
const dockerfile = `FROM BASE
ARG TARGETOS TARGETARCH STEP
COPY ${TARGETOS}_${TARGETARCH}/app /app
RUN busybox echo ${STEP} >/step
ENTRYPOINT ["/app"]
`

// BenchmarkBuilders puts the same compiled Go app onto the same base for two platforms, and pushes it: assembled, and
// by a real BuildKit with QEMU, which is warm and has the base. Compiling is in neither.
func BenchmarkBuilders(b *testing.B) {
	registry := registrytest.Start(b, registrytest.Options{})
	base := reference(b, registry.Host+"/base:latest")
	buildkittest.PushBusybox(b, base)
	dir := b.TempDir()
	if err := sampleapp.Compile(b.Context(), sampleapp.AKS(filepath.Join("..", "..")), dir, both...); err != nil {
		b.Fatal(err)
	}
	text := "FROM " + base.Name() + dockerfile[len("FROM BASE"):]
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	assembler := &assemble.Builder{Registry: registryclient.New(registryclient.DefaultOptions())}
	daemon := &buildkit.Builder{
		Endpoints: []build.Endpoint{{Address: buildkittest.Start(b)}},
		Registry:  assembler.Registry,
		Keychain:  authn.DefaultKeychain, Getenv: os.Getenv, Progress: progress.Discard,
	}
	b.Run("assemble", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			push(b, assembler, registry, "assembled"+strconv.Itoa(i), func(s *build.Spec) {
				s.Assembly = build.Assembly{
					Artifacts:  []build.Artifact{{Source: filepath.Join(dir, "{os}_{arch}", "app"), Destination: "/app"}},
					Base:       base,
					Entrypoint: []string{"/app"},
				}
			})
		}
	})
	b.Run("BuildKit", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			push(b, daemon, registry, "built"+strconv.Itoa(i), func(s *build.Spec) {
				s.Dockerfile = build.Dockerfile{Context: dir, Args: map[string]string{"STEP": strconv.Itoa(i)}}
			})
		}
	})
}

type builder interface {
	Build(ctx context.Context, specs []build.Spec) ([]v1.Hash, error)
}

// push builds into a repository that has no layer yet.
func push(b *testing.B, with builder, registry *registrytest.Registry, image string, fill func(*build.Spec)) {
	b.Helper()
	spec := build.Spec{Name: image, Reference: reference(b, registry.Host+"/"+image+":1"), Platforms: both}
	fill(&spec)
	if _, err := with.Build(b.Context(), []build.Spec{spec}); err != nil {
		b.Fatal(err)
	}
}

func reference(b *testing.B, text string) name.Tag {
	b.Helper()
	ref, err := name.NewTag(text)
	if err != nil {
		b.Fatal(err)
	}
	return ref
}
