package snapshot

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestNodes_learns_of_a_node_that_joins lists anew for a node that it does not know, and not at every question.
func TestNodes_learns_of_a_node_that_joins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		named := func(name, arch string) corev1.Node {
			return corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name,
				Labels: map[string]string{corev1.LabelArchStable: arch}}}
		}
		lists := 0
		var failure error
		k := Nodes{nodes: []corev1.Node{named("a", "amd64")}, read: time.Now(),
			list: func(context.Context) ([]corev1.Node, error) {
				lists++
				return []corev1.Node{named("a", "amd64"), named("b", "arm64")}, failure
			}}
		of := k.Architecture(t.Context())
		ask := func(name, want string, listed int) {
			t.Helper()
			if got := of(name); got != want || lists != listed {
				t.Errorf("node %q is %q after %d lists, want %q after %d", name, got, lists, want, listed)
			}
		}
		ask("a", "amd64", 0)
		ask("", "", 0)
		failure = errors.New("no answer")
		ask("b", "", 1)
		failure = nil
		ask("b", "", 1) // listed a moment ago
		time.Sleep(strangePause)
		ask("b", "arm64", 2)
		time.Sleep(time.Hour)
		ask("b", "arm64", 2)
		ask("gone", "", 3)
		ask("gone", "", 3)
		if nodes := k.Around(t.Context(), ""); len(nodes) != 2 || lists != 3 {
			t.Errorf("%d nodes after %d lists", len(nodes), lists)
		}
		time.Sleep(nodesPause)
		if k.Around(t.Context(), ""); lists != 4 {
			t.Errorf("%d lists: a pod may wait for a node that has joined", lists)
		}
	})
}
