package lookup

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
)

func TestIsMounted_knows_commands_that_a_volume_may_bring(t *testing.T) {
	for _, test := range []struct {
		name, mount, command string
		want                 bool
	}{
		{"beside", "/data", "/app/server", false},
		{"in_it", "/app/", "/app/server", true},
		{"a_file", "/app/server", "/app/server", true},
		{"a_name_alike", "/app", "/application/server", false},
		{"relative", "/data", "bin/server", true},
		{"along_the_path", "/data", "server", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := corev1.Container{VolumeMounts: []corev1.VolumeMount{{MountPath: test.mount}}}
			if got := isMounted(c, image.Absent{Path: test.command}); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
