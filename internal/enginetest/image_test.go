package enginetest_test

import (
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/buildkit/buildkittest"
	"github.com/multiarch-deploy/multiarch-deploy/internal/enginetest"
)

// TestActionImage_for_each_CPU: an arm64 runner runs the arm64 image, here under QEMU.
func TestActionImage_for_each_CPU(t *testing.T) {
	engine := buildkittest.StartNetworkedEngine(t)
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		t.Run(strings.ReplaceAll(platform, "/", "_"), func(t *testing.T) {
			image := enginetest.ActionImage(t, engine, platform)
			got := enginetest.Run(t, engine, enginetest.Job{Image: image, Platform: platform, Workspace: t.TempDir(), Args: []string{"version"}})
			if got.Status != 0 || got.Log != "dev\n" {
				t.Errorf("exit status %d: %s", got.Status, got.Log)
			}
		})
	}
}
