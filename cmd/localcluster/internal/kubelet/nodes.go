package kubelet

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/containerd"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/registration"
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
		if err := n.registrar().Register(ctx, node, port); err != nil {
			return err
		}
		pods.running.Go(func() { n.registrar().RenewLease(ctx, node.Name) })
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

func (n *nodes) registrar() registration.Registrar {
	return registration.Registrar{Client: n.client, Log: n.opts.Log}
}
