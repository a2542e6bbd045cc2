// Package kubelet plays the kubelets of stand-in nodes: toward the API it behaves as a kubelet with
// containerd and runc does, but no process is ever started.
package kubelet

import (
	"context"
	"crypto/tls"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
)

// Options say which nodes to play, and against which API server.
type Options struct {
	// Config reaches the API server with the rights of a node and of the node controller; it is used unthrottled.
	Config *rest.Config
	// Nodes are created as they are given: labels, taints, capacity, allocatable and nodeInfo come with them.
	// nodeInfo.containerRuntimeVersion "containerd://1.…" selects the messages and exit codes of containerd 1.6
	// with runc 1.1; anything else those of containerd 2 with runc 1.4.
	Nodes []corev1.Node
	// TLS serves the kubelet's own endpoint (logs) on a free port of 127.0.0.1, one for all nodes.
	TLS *tls.Config
	// Log receives one line for each thing that went wrong; nil drops them.
	Log func(format string, args ...any)
}

// Run plays the nodes until ctx ends.
func Run(ctx context.Context, opts Options) error {
	n, err := newNodes(opts)
	if err != nil {
		return err
	}
	return n.run(ctx)
}
