// Package kubelet plays the kubelets of stand-in nodes: toward the API it behaves as a kubelet of Kubernetes 1.36 with
// containerd and runc does, but no process is ever started.
//
// What a container would start is read from its image: the manifest that containerd would choose for the node, the file
// that runc would execute, the interpreter that Linux would load, and the CPU in its ELF header. Shell scripts are
// interpreted, within the image alone. Pods then pass through the states that real nodes showed; conditions come from
// the kubelet's own code, back-offs and periods are its own, in real time.
//
// Where there is no process to ask, a stand-in assumes the best:
//
//   - a program built for the node's CPU runs until it is told to stop, and then ends well; its log is one line that
//     says so. In a Job's pod, and as an init container, it ends well at once;
//   - shared libraries and the dynamic loader are there, users and file modes are no obstacle, and an arm64 node runs
//     32-bit Arm programs;
//   - HTTP, TCP and gRPC probes succeed once their initial delay is over; commands of probes and hooks are judged as
//     containers are;
//   - everyday tools that a script calls (mkdir, chown and the like) succeed without output; a script that the
//     interpreter cannot read counts as a program;
//   - volumes are there, save for those of a ConfigMap or a Secret that does not exist; values taken from ConfigMaps
//     and Secrets are not in a container's environment.
//
// A worker plays one pod. It has its images pulled (package pulling), its references followed (references), its
// containers played (process, on machine) and probed (probing); it keeps them as a runtime does (sandbox, logs) and
// reports what podstatus makes of that. Package registration makes the nodes known.
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
	// PlainRegistry, host:port, is pulled from over plain HTTP, wherever it is; empty for none. Nodes know such a
	// registry by containerd's hosts.toml.
	PlainRegistry string
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
