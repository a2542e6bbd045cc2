package action

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
)

// readNodes starts to list the cluster's nodes, and returns a function that waits for them.
func readNodes(ctx context.Context, cluster identity.Cluster) func() ([]corev1.Node, error) {
	wait := sync.OnceValues(func() ([]corev1.Node, error) {
		client, err := kubernetes.NewForConfig(cluster.Config)
		if err != nil {
			return nil, fmt.Errorf("connecting to the cluster: %w", err)
		}
		ctx, cancel := context.WithTimeoutCause(ctx, nodesTimeout, fmt.Errorf("no answer within %s", nodesTimeout))
		defer cancel()
		list, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, unreadableNodes(cluster, cmp.Or(context.Cause(ctx), err))
		}
		return list.Items, nil
	})
	go func() { _, _ = wait() }() // the error is returned to whoever waits
	return wait
}

// nodesTimeout bounds the first contact with the cluster: one that hangs is told within seconds.
const nodesTimeout = 10 * time.Second

// unreadableNodes says why the nodes can't be read, and what to do about it.
func unreadableNodes(cluster identity.Cluster, err error) error {
	advice := cluster.Advice.Unreachable
	switch {
	case apierrors.IsUnauthorized(err):
		advice = cluster.Advice.Unauthorized
	case apierrors.IsForbidden(err):
		advice = cluster.Advice.Forbidden
	}
	return fmt.Errorf("reading the nodes of the cluster %s: %w; %s", cluster.Config.Host, err, advice)
}
