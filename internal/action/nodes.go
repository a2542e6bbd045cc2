package action

import (
	"context"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/node"
)

// knownNodes are the cluster's nodes while a rollout goes on: they join as pods wait for them.
type knownNodes struct {
	list func(context.Context) ([]corev1.Node, error)

	lock  sync.Mutex
	nodes []corev1.Node
	// read is when they were listed last, and strange are the names that were not among them.
	read    time.Time
	strange map[string]bool
}

// The pauses between two lists: shorter where a pod is on a node that is not known, and none before the first.
const (
	nodesPause   = 10 * time.Second
	strangePause = 2 * time.Second
)

// around returns the nodes as they are, listed anew where the one of a pod is not among them. A pod without a node may
// be waiting for one that has joined. What cannot be listed stays as it was.
func (k *knownNodes) around(ctx context.Context, name string) []corev1.Node {
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

// architecture returns a function from the name of a node to its architecture, "" for none.
func (k *knownNodes) architecture(ctx context.Context) func(name string) string {
	return func(name string) string {
		if name == "" {
			return ""
		}
		return node.Architectures(k.around(ctx, name))(name)
	}
}
