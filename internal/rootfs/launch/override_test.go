package launch_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

func TestOverride_is_that_of_the_kubelet(t *testing.T) {
	image := launch.Image{Entrypoint: []string{"/entry.sh"}, Cmd: []string{"serve"}, Env: []string{"PATH=/bin", "A=image"},
		Dir: "/srv"}
	env := func(more ...string) []string { return append([]string{"PATH=/bin", "A=image"}, more...) }
	tests := []struct {
		name string
		pod  launch.Override
		want launch.Command
	}{
		{"nothing", launch.Override{}, launch.Command{Args: []string{"/entry.sh", "serve"}, Env: env(), Dir: "/srv"}},
		{"a_command_drops_the_arguments", launch.Override{Command: []string{"/app"}}, launch.Command{Args: []string{"/app"},
			Env: env(), Dir: "/srv"}},
		{"arguments_keep_the_entrypoint", launch.Override{Args: []string{"migrate"}},
			launch.Command{Args: []string{"/entry.sh", "migrate"}, Env: env(), Dir: "/srv"}},
		{"both", launch.Override{Command: []string{"/app"}, Args: []string{"-v"}, Dir: "/opt"},
			launch.Command{Args: []string{"/app", "-v"}, Env: env(), Dir: "/opt"}},
		{"variables_of_the_pod", launch.Override{Command: []string{"$(APP)", "$$(APP)", "$(NONE)", "$(open", "$5"},
			Env: []string{"DIR=/opt", "APP=$(DIR)/app"}},
			launch.Command{Args: []string{"/opt/app", "$(APP)", "$(NONE)", "$(open", "$5"}, Env: env("DIR=/opt", "APP=/opt/app"),
				Dir: "/srv"}},
		{"variables_of_the_image_are_none", launch.Override{Command: []string{"$(A)"}}, launch.Command{Args: []string{"$(A)"},
			Env: env(), Dir: "/srv"}},
		{"variables_from_elsewhere", launch.Override{Command: []string{"$(APP)"}, Unknown: []string{"APP"}},
			launch.Command{Args: []string{"\x00"}, Env: env("APP=\x00"), Dir: "/srv"}},
		{"all_of_a_config_map", launch.Override{Command: []string{"$(APP)"}, Opaque: true},
			launch.Command{Args: []string{"\x00"}, Env: env(), Dir: "/srv"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.pod.Over(image)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
