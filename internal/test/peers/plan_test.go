//go:build peers

package peers_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/peers"
)

const (
	manyNodes = 1000
	podsEach  = 20
)

// plan plans 200 workloads on 1,000 nodes with 20,000 pods. kubectl lists the nodes and pods, which is where a plan
// begins.
func plan(t *testing.T) []peers.Row {
	w := newWorld(t, 0)
	images := []string{"shop/app:v1"}
	for i := range 10 {
		images = append(images, fmt.Sprintf("shop/service-%d:v1", i))
	}
	w.push(t, both, images...)
	w.populate(t)
	dir := t.TempDir()
	writeObjects(t, dir, objects{namespace: "planned", registry: w.registry, count: 500, replicas: 3})
	ours, theirs := inTurns(t, *rounds,
		func(int) peers.Command {
			c := w.deploy(t, dir, "v1")
			c.Args[0] = "plan"
			return c
		},
		func(int) peers.Command {
			return peers.Command{Path: kubectl(t), Args: []string{"--kubeconfig", w.kubeconfig, "get", "nodes,pods", "-A"}}
		})
	return []peers.Row{{What: "plan 500 objects, 200 of them workloads, on 1,000 nodes with 20,000 pods", Ours: ours,
		Theirs: theirs, Note: "kubectl get nodes,pods -A: what a plan has to read. 10 s at most"}}
}

// populate makes nodes whose kubelets are this process, as far as their leases go, and pods that are bound to them.
func (w world) populate(t *testing.T) {
	t.Helper()
	_, err := w.client.CoreV1().Namespaces().Create(t.Context(), namespaceOf("crowd"), metav1.CreateOptions{})
	must(t, err)
	_, err = w.client.CoreV1().ServiceAccounts("crowd").Create(t.Context(),
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, metav1.CreateOptions{})
	_ = err // the control plane may have been first
	var group errgroup.Group
	group.SetLimit(32)
	for i := range manyNodes {
		group.Go(func() error {
			_, err := w.client.CoreV1().Nodes().Create(t.Context(), crowdNode(i), metav1.CreateOptions{})
			return err
		})
	}
	must(t, group.Wait())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.beat(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	for i := range manyNodes * podsEach {
		group.Go(func() error {
			_, err := w.client.CoreV1().Pods("crowd").Create(t.Context(), crowdPod(i), metav1.CreateOptions{})
			return err
		})
	}
	must(t, group.Wait())
}

// beat renews the nodes' leases until ctx ends, without which the control plane takes the nodes for lost.
func (w world) beat(ctx context.Context) {
	const seconds = 40
	for n := 0; ctx.Err() == nil; n++ {
		name := crowdNode(n % manyNodes).Name
		lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: name}}
		holder, length, now := name, int32(seconds), metav1.NowMicro()
		lease.Spec = coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &length, RenewTime: &now}
		leases := w.client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
		if n < manyNodes {
			_, _ = leases.Create(ctx, lease, metav1.CreateOptions{})
			continue
		}
		_, _ = leases.Update(ctx, lease, metav1.UpdateOptions{}) // the next round comes in time, too
		time.Sleep(seconds * time.Second / 3 / manyNodes)
	}
}

func crowdNode(i int) *corev1.Node {
	cpu := []string{"amd64", "arm64"}[i%2]
	name := fmt.Sprintf("crowd-%04d", i)
	room := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("8"), corev1.ResourceMemory: resource.MustParse("32Gi"),
		corev1.ResourcePods: resource.MustParse("110"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			corev1.LabelArchStable: cpu, corev1.LabelOSStable: "linux", corev1.LabelHostname: name,
			corev1.LabelTopologyZone: fmt.Sprintf("zone-%d", i%3),
		}},
		Status: corev1.NodeStatus{
			Capacity: room, Allocatable: room,
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady"}},
			NodeInfo:   corev1.NodeSystemInfo{Architecture: cpu, OperatingSystem: "linux"},
		},
	}
}

func crowdPod(i int) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("pod-%05d", i), Labels: map[string]string{"app": "crowd"}},
		Spec: corev1.PodSpec{
			NodeName: crowdNode(i / podsEach).Name,
			Containers: []corev1.Container{{
				Name: "app", Image: "ghcr.io/shop/crowd:v1",
				Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
					corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("64Mi")}},
			}},
		},
	}
}

func namespaceOf(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
}
