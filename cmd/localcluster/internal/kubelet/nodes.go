package kubelet

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/containerd"
)

// nodes are all the stand-in nodes of one Run.
type nodes struct {
	opts   Options
	client kubernetes.Interface
}

func newNodes(opts Options) (*nodes, error) {
	if opts.Log == nil {
		opts.Log = func(string, ...any) {}
	}
	cfg := rest.CopyConfig(opts.Config)
	cfg.QPS = -1
	client, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("making the stand-in nodes' API client: %w", err)
	}
	return &nodes{opts: opts, client: client}, nil
}

// run serves first, then watches, and only then shows the nodes: a pod that is bound to one is played at once.
func (n *nodes) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := record.NewBroadcaster(record.WithContext(ctx))
	defer events.Shutdown()
	events.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: n.client.CoreV1().Events("")})

	pods := newPods()
	add := n.adder(pods, events)
	for i := range n.opts.Nodes {
		add(&n.opts.Nodes[i])
	}
	port, err := serve(ctx, n.opts.TLS, pods)
	if err != nil {
		return err
	}
	defer pods.running.Wait()
	defer cancel() // before waiting: all workers end with ctx
	if err := pods.watch(ctx, n); err != nil {
		return err
	}
	show := func(node *corev1.Node) error {
		if err := n.register(ctx, node, port); err != nil {
			return err
		}
		pods.running.Go(func() { n.renewLease(ctx, node.Name) })
		return nil
	}
	for i := range n.opts.Nodes {
		if err := show(n.opts.Nodes[i].DeepCopy()); err != nil {
			return err
		}
	}
	return n.follow(ctx, pods, func(node *corev1.Node) error {
		add(node)
		pods.adopt(ctx, node.Name)
		return show(node)
	})
}

// adder returns what adds a node to those whose pods are played.
func (n *nodes) adder(p *pods, events record.EventBroadcaster) func(object *corev1.Node) {
	cache := containerd.NewCache()
	return func(object *corev1.Node) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.nodes[object.Name] = n.newNode(len(p.nodes), object, events, cache)
	}
}

func newPods() *pods {
	return &pods{nodes: map[string]*node{}, workers: map[types.UID]*worker{}}
}

// register creates the node and then writes its status, as only the status subresource may.
func (n *nodes) register(ctx context.Context, node *corev1.Node, port int32) error {
	status := readyStatus(node.Status, node.Name, port)
	created, err := n.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		created, err = n.client.CoreV1().Nodes().Get(ctx, node.Name, metav1.GetOptions{})
	}
	if err != nil {
		return fmt.Errorf("registering node %q: %w", node.Name, err)
	}
	created.Status = status
	if _, err := n.client.CoreV1().Nodes().UpdateStatus(ctx, created, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("marking node %q ready: %w", node.Name, err)
	}
	return n.createLease(ctx, created)
}

// readyStatus is what a healthy kubelet posts; the words of the conditions are the kubelet's.
func readyStatus(status corev1.NodeStatus, name string, port int32) corev1.NodeStatus {
	now := metav1.Now()
	condition := func(kind corev1.NodeConditionType, value corev1.ConditionStatus, reason,
		message string) corev1.NodeCondition {
		return corev1.NodeCondition{Type: kind, Status: value, Reason: reason, Message: message, LastHeartbeatTime: now,
			LastTransitionTime: now}
	}
	status.Conditions = []corev1.NodeCondition{
		condition(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory",
			"kubelet has sufficient memory available"),
		condition(corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
		condition(corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID",
			"kubelet has sufficient PID available"),
		condition(corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status"),
	}
	status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: nodeIP},
		{Type: corev1.NodeHostName, Address: name}}
	status.DaemonEndpoints.KubeletEndpoint.Port = port
	return status
}
