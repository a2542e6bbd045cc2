package kubelet

import (
	"context"
	"testing"

	"github.com/containerd/platforms"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/containerd"
)

func TestImage_outlives_the_pod_that_pulled_it(t *testing.T) {
	ref := serveRegistry(t) + "/busybox:v1"
	push(t, ref, build(t, "arm64", busybox("arm64"), "/bin/sleep"))
	p := containerd.Puller{Platform: platforms.Only(platforms.MustParse("linux/arm64")), Dialect: containerd.DialectOf("containerd://2.1.0"),
		Cache: containerd.NewCache()}

	pod, deleted := context.WithCancel(t.Context())
	first, err := p.Pull(pod, ref, nil)
	if err != nil {
		t.Fatal(err)
	}
	deleted()
	if _, err := containerd.NewStore().Add(first).Files.Stat(t.Context(), "bin/busybox"); err != nil {
		t.Errorf("once the pod is gone: %v", err)
	}
	if _, err := p.Pull(pod, ref, nil); err == nil {
		t.Error("a pod that is gone pulls")
	}
}
