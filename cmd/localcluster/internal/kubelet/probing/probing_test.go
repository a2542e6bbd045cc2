package probing

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/sandbox"
)

func TestAnswers(t *testing.T) {
	tests := []struct {
		name  string
		probe corev1.ProbeHandler
		want  string // event of a process that has ended
	}{
		{"http", corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Port: intstr.FromString("web"), Path: "/live"}},
			`Warning Unhealthy Readiness probe failed: Get "http://10.244.0.7:8080/live": dial tcp 10.244.0.7:8080: ` +
				"connect: connection refused"},
		{"tcp", corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(81)}},
			"Warning Unhealthy Readiness probe failed: dial tcp 10.244.0.7:81: connect: connection refused"},
		{"grpc", corev1.ProbeHandler{GRPC: &corev1.GRPCAction{Port: 82}},
			`Warning Unhealthy Readiness probe failed: timeout: failed to connect service "10.244.0.7:82" within 1s: ` +
				"context deadline exceeded"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &corev1.Container{Ports: []corev1.ContainerPort{{Name: "web", ContainerPort: 8080}}}
			var told []string
			p := &Prober{Address: func() string { return "10.244.0.7" },
				Event: func(_ *corev1.Container, kind, reason, message string, args ...any) {
					told = append(told, kind+" "+reason+" "+fmt.Sprintf(message, args...))
				}}
			created, probe := sandbox.New("c", nil), &corev1.Probe{ProbeHandler: test.probe}
			if !p.answers("Readiness", probe, c, created) {
				t.Error("a process that lives does not answer")
			}
			created.End()
			if p.answers("Readiness", probe, c, created) {
				t.Error("a process that has ended answers")
			}
			if diff := cmp.Diff([]string{test.want}, told); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}
