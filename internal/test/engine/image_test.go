//go:build engines

package engine_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	enginetest "github.com/multiarch-deploy/multiarch-deploy/internal/test/engine"
)

// TestActionImage_for_each_CPU: an arm64 runner runs the arm64 image, here under QEMU. BuildKit builds both.
func TestActionImage_for_each_CPU(t *testing.T) {
	engine := buildkit.StartNetworkedEngine(t)
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		t.Run(strings.ReplaceAll(platform, "/", "_"), func(t *testing.T) {
			image := enginetest.ActionImage(t, engine, platform)
			got := enginetest.Run(t, engine, enginetest.Job{Image: image, Platform: platform, Workspace: t.TempDir(),
				Args: []string{"version"}})
			if got.Status != 0 || got.Log != "dev\n" {
				t.Errorf("exit status %d: %s", got.Status, got.Log)
			}
		})
	}
}

// TestMake_image builds with BuildKit, and with the classic builder, as act and older engines do. It says how large the
// image is.
func TestMake_image(t *testing.T) {
	engine := buildkit.StartNetworkedEngine(t)
	buildkit.LoadGolang(t, engine)
	repository := enginetest.Clone(t)
	for _, test := range []struct {
		name, builder, limit string
		status               int
	}{
		{"by_the_classic_builder", "DOCKER_BUILDKIT=0", "20", 0},
		{"by_BuildKit_over_a_limit", "DOCKER_CONFIG=" + withBuildx(t), "1", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.Command("make", "image", "VERSION=v1.2.3", "IMAGE_LIMIT_MB="+test.limit)
			cmd.Dir = repository
			cmd.Env = append(os.Environ(), "DOCKER_HOST="+engine.Host, test.builder)
			out, _ := cmd.CombinedOutput()
			said := regexp.MustCompile(`\nmultiarch-deploy:v1\.2\.3 is (\d+\.\d) MB compressed; the limit is ` + test.limit +
				` MB\n`).FindSubmatch(out)
			if status := cmd.ProcessState.ExitCode(); status != test.status || said == nil {
				t.Fatalf("exit status %d:\n%s", status, out)
			}
			t.Logf("%s MB", said[1])
			if got := enginetest.Docker(t, engine, "run", "--rm", "multiarch-deploy:v1.2.3", "version"); got != "v1.2.3\n" {
				t.Errorf("the image's version is %q", got)
			}
			enginetest.Docker(t, engine, "image", "rm", "multiarch-deploy:v1.2.3")
		})
	}
}

// withBuildx is a configuration of the docker command that has BuildKit's client.
func withBuildx(t *testing.T) string {
	t.Helper()
	config := t.TempDir()
	plugins := filepath.Join(config, "cli-plugins")
	if err := os.Mkdir(plugins, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(buildkit.Buildx(t), filepath.Join(plugins, "docker-buildx")); err != nil {
		t.Fatal(err)
	}
	return config
}
