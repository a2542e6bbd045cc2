package kubelet

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/containerd/platforms"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/containerd"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/pulling"
)

// maxBackOff ends the doubling of the kubelet's back-offs, which begin at retryPeriod.
const maxBackOff = 5 * time.Minute

// node is what all pods of one stand-in node share.
type node struct {
	name     string
	index    int
	arch     string
	dialect  containerd.Dialect
	client   kubernetes.Interface
	recorder record.EventRecorder
	log      func(format string, args ...any)
	images   *pulling.Node
	crashes  *flowcontrol.Backoff
	pods     atomic.Int32
}

func (n *nodes) newNode(index int, object *corev1.Node, events record.EventBroadcaster, cache *containerd.Cache) *node {
	info := object.Status.NodeInfo
	platform := platforms.Normalize(platforms.Platform{OS: info.OperatingSystem, Architecture: info.Architecture})
	dialect := containerd.DialectOf(info.ContainerRuntimeVersion)
	return &node{
		name: object.Name, index: index, arch: info.Architecture, dialect: dialect, client: n.client, log: n.opts.Log,
		recorder: events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "kubelet", Host: object.Name}),
		images: pulling.NewNode(n.client, containerd.Puller{
			Platform: platforms.Only(platform), Dialect: dialect, Cache: cache, Plain: n.opts.PlainRegistry,
		}, flowcontrol.NewBackOff(retryPeriod, maxBackOff)),
		crashes: flowcontrol.NewBackOff(retryPeriod, maxBackOff),
	}
}

// newIP gives each pod an address of its own; nothing answers there.
func (n *node) newIP() string {
	i := n.pods.Add(1) + 1
	return fmt.Sprintf("10.%d.%d.%d", 128+n.index%128, i>>8&0xff, i&0xff)
}
