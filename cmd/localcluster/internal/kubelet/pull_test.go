package kubelet

import (
	"context"
	"testing"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestImage_outlives_the_pod_that_pulled_it(t *testing.T) {
	ref := serveRegistry(t) + "/busybox:v1"
	push(t, ref, build(t, "arm64", busybox("arm64"), "/bin/sleep"))
	p := puller{platform: platforms.Only(platforms.MustParse("linux/arm64")), dialect: containerd2(),
		files: &filesCache{known: map[v1.Hash]*files{}}}

	pod, deleted := context.WithCancel(t.Context())
	first, err := p.pull(pod, ref, nil)
	if err != nil {
		t.Fatal(err)
	}
	deleted()
	if _, err := first.files.stat(t.Context(), "bin/busybox"); err != nil {
		t.Errorf("once the pod is gone: %v", err)
	}
	if _, err := p.pull(pod, ref, nil); err == nil {
		t.Error("a pod that is gone pulls")
	}
}
