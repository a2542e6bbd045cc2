package kubelet

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/registration"
)

// follow plays the nodes that join, until ctx ends.
func (n *nodes) follow(ctx context.Context, p *pods, start func(node *corev1.Node) error) error {
	factory := informers.NewSharedInformerFactory(n.client, 0)
	_, err := factory.Core().V1().Nodes().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) {
			node, joins := registration.Asking(o)
			if !joins || p.node(node.Name) != nil {
				return
			}
			if err := start(node); err != nil && ctx.Err() == nil {
				n.opts.Log("node %s can't join: %v", node.Name, err)
			}
		},
	})
	if err != nil {
		return fmt.Errorf("watching nodes: %w", err)
	}
	factory.Start(ctx.Done())
	<-ctx.Done()
	factory.Shutdown() // no node joins after this
	return nil
}
