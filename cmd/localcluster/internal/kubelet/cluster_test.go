package kubelet

import (
	"context"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/controlplane"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

// startCluster runs a real control plane and the stand-in nodes given, until the test ends.
func startCluster(t *testing.T, nodes ...corev1.Node) kubernetes.Interface {
	t.Helper()
	executable, err := programs.LocalCluster(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	plane, err := controlplane.Start(ctx, controlplane.Options{Executable: executable, Dir: t.TempDir(),
		Address: controlplane.Loopback})
	t.Cleanup(plane.Stop)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		err := Run(ctx, Options{Config: plane.Config, Nodes: nodes, TLS: plane.KubeletTLS, Log: t.Logf})
		if err != nil && ctx.Err() == nil {
			t.Errorf("stand-in nodes: %v", err)
		}
	})
	t.Cleanup(running.Wait)
	t.Cleanup(cancel)
	config := rest.CopyConfig(plane.Config)
	config.QPS = -1
	client := kubernetes.NewForConfigOrDie(config)
	awaitNodes(t, client, len(nodes))
	return client
}

// awaitNodes waits until the scheduler would use all nodes: the controller takes its not-ready taint off a moment
// after they are Ready.
func awaitNodes(t *testing.T, client kubernetes.Interface, want int) {
	t.Helper()
	free := 0
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		list, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		free = 0
		for i := range list.Items {
			if len(list.Items[i].Spec.Taints) == 0 {
				free++
			}
		}
		if free == want {
			return
		}
	}
	t.Fatalf("%d of %d nodes take pods", free, want)
}

func testNode(name, arch, runtimeVersion string) corev1.Node {
	room := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("8"), corev1.ResourceMemory: resource.MustParse("16Gi"),
		corev1.ResourcePods: resource.MustParse("110"),
	}
	return corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			corev1.LabelArchStable: arch, corev1.LabelOSStable: "linux", corev1.LabelHostname: name,
		}},
		Status: corev1.NodeStatus{
			Capacity: room, Allocatable: room,
			NodeInfo: corev1.NodeSystemInfo{Architecture: arch, OperatingSystem: "linux",
				ContainerRuntimeVersion: runtimeVersion, KubeletVersion: "v1.36.3"},
		},
	}
}
