//go:build engines

package action_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

func TestBuild_from_a_Dockerfile(t *testing.T) {
	address, host := buildkit.Start(t), registry.Start(t, registry.Options{}).Host
	base, err := name.ParseReference(host + "/base")
	if err != nil {
		t.Fatal(err)
	}
	buildkit.PushBusybox(t, base)
	for _, test := range []struct {
		name, dockerfile, builder string
		status                    int
		want                      []string
	}{
		{"that_is_fine", "FROM " + host + "/base\nRUN cat /run/secrets/token || uname -m\n", address, 0,
			[]string{"::group::Build shop/cart for linux/amd64, linux/arm64\n", "aarch64", "\n::endgroup::", host + "/cart:" +
				sha + "@sha256:"}},
		{"with_a_step_that_fails", "FROM " + host + "/base\nRUN echo so sorry && false\n", address, 1,
			[]string{"Dockerfile,line=2,", "exit code: 1%0AIt printed at last:%0A    so sorry"}},
		{"when_nobody_builds", "FROM scratch\n", "unix:///nowhere/buildkitd.sock", 3,
			[]string{"builder unix:///nowhere/buildkitd.sock: BuildKit does not answer"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			context := t.TempDir()
			if err := os.WriteFile(filepath.Join(context, "Dockerfile"), []byte(test.dockerfile), 0o644); err != nil {
				t.Fatal(err)
			}
			status, got, log := perform(t, map[string]string{"GITHUB_ACTIONS": "true"}, "build", "--builder", test.builder,
				"--context", context,
				"--tag", sha, "--images", "shop/cart="+host+"/cart")
			if status != test.status {
				t.Errorf("exit status %d, want %d", status, test.status)
			}
			for _, want := range test.want {
				if !strings.Contains(log, want) {
					t.Errorf("the log lacks %q", want)
				}
			}
			if status == 0 {
				if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64"}, got.Images[0].Platforms); diff != "" {
					t.Errorf("platforms (-want +got):\n%s", diff)
				}
			}
			if t.Failed() {
				t.Log(log)
			}
		})
	}
}

// Two native runners build a Dockerfile, each for its own platform (arm64 under QEMU here), with its provenance; what
// is joined has both platforms, and all that is attested of them.
func TestBuild_of_native_runners_from_a_Dockerfile(t *testing.T) {
	address, host := buildkit.Start(t), registry.Start(t, registry.Options{}).Host
	base, err := name.ParseReference(host + "/base")
	if err != nil {
		t.Fatal(err)
	}
	buildkit.PushBusybox(t, base)
	context := t.TempDir()
	if err := os.WriteFile(filepath.Join(context, "Dockerfile"), []byte("FROM "+host+"/base\nRUN uname -m >/cpu\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		status, _, log := perform(t, nil, "build", "--builder", address, "--context", context, "--provenance", "mode=max",
			"--tag", sha, "--platforms", platform, "--push-as", "platform", "--images", "shop/cart="+host+"/cart")
		if status != 0 {
			t.Fatalf("%s: exit status %d\n%s", platform, status, log)
		}
	}
	status, got, log := perform(t, nil, "build", "--mode", "join", "--tag", sha, "--images", "shop/cart="+host+"/cart")
	if status != 0 {
		t.Fatalf("exit status %d\n%s", status, log)
	}
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64"}, got.Images[0].Platforms); diff != "" {
		t.Errorf("platforms (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"provenance"}, got.Images[0].Attestations); diff != "" {
		t.Errorf("attestations (-want +got):\n%s", diff)
	}
}
