package cluster

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// readyTimeout bounds the wait for nodes and controllers, which takes about two seconds.
const readyTimeout = 2 * time.Minute

// waitReady returns when that many nodes are Ready and a pod can be made in the default namespace.
func waitReady(ctx context.Context, config *rest.Config, nodes int) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making the API client: %w", err)
	}
	// The API refuses pods of a namespace whose service account the controller manager has not made yet.
	accounts := cache.NewListWatchFromClient(client.CoreV1().RESTClient(), "serviceaccounts",
		metav1.NamespaceDefault, fields.OneTermEqualSelector("metadata.name", "default"))
	if err := until(ctx, accounts, &corev1.ServiceAccount{}, seen(1, exists)); err != nil {
		return fmt.Errorf("waiting for the default service account: %w", err)
	}
	if nodes == 0 {
		return nil
	}
	all := cache.NewListWatchFromClient(client.CoreV1().RESTClient(), "nodes", metav1.NamespaceAll, fields.Everything())
	if err := until(ctx, all, &corev1.Node{}, seen(nodes, nodeReady)); err != nil {
		return fmt.Errorf("waiting for %d nodes to be Ready: %w", nodes, err)
	}
	return nil
}

func until(ctx context.Context, lw cache.ListerWatcher, kind runtime.Object, condition watchtools.ConditionFunc) error {
	_, err := watchtools.UntilWithSync(ctx, lw, kind, nil, condition)
	return err
}

// seen is met once the given number of objects satisfy holds at the same time.
func seen(number int, holds func(runtime.Object) bool) watchtools.ConditionFunc {
	names := map[string]bool{}
	return func(event watch.Event) (bool, error) {
		object, ok := event.Object.(metav1.Object)
		if !ok {
			return false, fmt.Errorf("the watch sent a %T", event.Object)
		}
		delete(names, object.GetName())
		if event.Type != watch.Deleted && holds(event.Object) {
			names[object.GetName()] = true
		}
		return len(names) >= number, nil
	}
}

func exists(runtime.Object) bool { return true }

// nodeReady reports whether pods can run on the node. A node that became Ready keeps its not-ready taint until the
// node lifecycle controller takes it off, and the scheduler would prefer nodes where that has happened already.
func nodeReady(object runtime.Object) bool {
	node, ok := object.(*corev1.Node)
	if !ok || slices.ContainsFunc(node.Spec.Taints, notReady) {
		return false
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func notReady(taint corev1.Taint) bool { return taint.Key == corev1.TaintNodeNotReady }
