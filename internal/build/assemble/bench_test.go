package assemble_test

import (
	"bytes"
	"io"
	"log"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/assemble"
)

// BenchmarkBuild assembles two platforms of 16 MB that compress by about half, as binaries do, and pushes them.
func BenchmarkBuild(b *testing.B) {
	// Not the one of the tests, whose memory would be most of what is measured.
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	dir := b.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	for _, arch := range []string{"amd64", "arm64"} {
		content := bytes.NewBufferString(machine(arch))
		for content.Len() < 16<<20 {
			content.WriteString(strconv.FormatUint(random.Uint64(), 36))
		}
		if err := os.WriteFile(filepath.Join(dir, arch), content.Bytes(), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	builder := assemble.Builder{Registry: client(nil)}
	b.SetBytes(32 << 20)
	for i := 0; b.Loop(); i++ {
		ref, err := name.NewTag(strings.TrimPrefix(server.URL, "http://") + "/bench/" + strconv.Itoa(i) +
			":1") // a new repository has no layer yet
		if err != nil {
			b.Fatal(err)
		}
		_, err = builder.Build(b.Context(), []build.Spec{{
			Name: "bench", Reference: ref, Platforms: []v1.Platform{amd64, arm64},
			Assembly: build.Assembly{Artifacts: []build.Artifact{{Source: filepath.Join(dir, "{arch}"), Destination: "/app"}}},
		}})
		if err != nil {
			b.Fatal(err)
		}
	}
}
