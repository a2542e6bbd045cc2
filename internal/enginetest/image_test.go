package enginetest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/buildkit/buildkittest"
	"github.com/multiarch-deploy/multiarch-deploy/internal/enginetest"
)

// TestActionImage_for_each_CPU: an arm64 runner runs the arm64 image, here under QEMU. BuildKit builds both.
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

// TestMake_image builds with Docker's classic builder, as act and older engines do, and says how large the image is.
func TestMake_image(t *testing.T) {
	engine := buildkittest.StartNetworkedEngine(t)
	buildkittest.LoadGolang(t, engine)
	for _, row := range []struct {
		name, limit, want string
		status            int
	}{
		{"within_its_limit", "20", " MB compressed; the limit is 20 MB\n", 0},
		{"over_its_limit", "1", " MB compressed; the limit is 1 MB\n", 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			cmd := exec.Command("make", "image", "VERSION=v1.2.3", "IMAGE_LIMIT_MB="+row.limit)
			cmd.Dir = enginetest.Repository(t)
			cmd.Env = append(os.Environ(), "DOCKER_HOST="+engine.Host, "DOCKER_BUILDKIT=0")
			out, _ := cmd.CombinedOutput()
			if status := cmd.ProcessState.ExitCode(); status != row.status || !strings.Contains(string(out), "multiarch-deploy:v1.2.3 is 1") || !strings.Contains(string(out), row.want) {
				t.Errorf("exit status %d:\n%s", status, out)
			}
		})
	}
	if got := enginetest.Docker(t, engine, "run", "--rm", "multiarch-deploy:v1.2.3", "version"); got != "v1.2.3\n" {
		t.Errorf("the image's version is %q", got)
	}
}
