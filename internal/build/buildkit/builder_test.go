package buildkit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/buildkit/buildkittest"
)

func TestBuild_runs_each_platform_on_its_own_CPU_or_under_emulation(t *testing.T) {
	host := newRegistry(t)
	b, log := builder(buildkittest.Start(t))
	index := mustBuild(t, b, spec(t, host, "cart", folder(t, host, map[string]string{
		"Dockerfile": "FROM BASE\nRUN busybox mkdir /out && uname -m >/out/cpu\n",
	})))
	t.Log(log.text())
	m, _ := index.IndexManifest()
	t.Logf("%+v", m)
	for platform, want := range map[string]string{"amd64": "x86_64", "arm64": "aarch64"} {
		p := amd64
		p.Architecture = platform
		if diff := cmp.Diff(map[string]string{"cpu": want}, files(t, child(t, index, p), "out")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", platform, diff)
		}
	}
}
