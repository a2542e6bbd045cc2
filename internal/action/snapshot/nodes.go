package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

// Nodes are the cluster's while a rollout goes on: they join as pods wait for them.
type Nodes struct {
	list func(context.Context) ([]corev1.Node, error)

	lock  sync.Mutex
	nodes []corev1.Node
	// read is when they were listed last, and strange are the names that were not among them.
	read    time.Time
	strange map[string]bool
}

// NewNodes starts with the nodes that are known, and lists them by the client.
func NewNodes(client kubernetes.Interface, nodes []corev1.Node) *Nodes {
	return &Nodes{nodes: nodes, list: func(ctx context.Context) ([]corev1.Node, error) {
		list, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, err
		}
		return list.Items, nil
	}}
}

// The pauses between two lists: shorter where a pod is on a node that is not known, and none before the first.
const (
	nodesPause   = 10 * time.Second
	strangePause = 2 * time.Second
)

// Around returns the nodes as they are, listed anew where the one of a pod is not among them. A pod without a node may
// be waiting for one that has joined. What cannot be listed stays as it was.
func (k *Nodes) Around(ctx context.Context, name string) []corev1.Node {
	k.lock.Lock()
	defer k.lock.Unlock()
	known := slices.ContainsFunc(k.nodes, func(n corev1.Node) bool { return n.Name == name })
	pause := strangePause
	if name == "" {
		pause = nodesPause
	}
	first := name != "" && !k.strange[name]
	if known || !first && time.Since(k.read) < pause {
		return k.nodes
	}
	if k.strange == nil {
		k.strange = map[string]bool{}
	}
	k.strange[name] = true
	ctx, cancel := context.WithTimeout(ctx, nodesTimeout)
	defer cancel()
	if nodes, err := k.list(ctx); err == nil {
		k.nodes = nodes
	}
	k.read = time.Now()
	return k.nodes
}

// Architecture returns a function from the name of a node to its architecture, "" for none.
func (k *Nodes) Architecture(ctx context.Context) func(name string) string {
	return func(name string) string {
		if name == "" {
			return ""
		}
		return node.Architectures(k.Around(ctx, name))(name)
	}
}

// nodesTimeout bounds the first contact with the cluster: one that hangs is reported within seconds.
const nodesTimeout = 10 * time.Second

// ReadNodes starts to list the cluster's nodes, and returns a function that waits for them.
func ReadNodes(ctx context.Context, cluster identity.Cluster) func() ([]corev1.Node, error) {
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
