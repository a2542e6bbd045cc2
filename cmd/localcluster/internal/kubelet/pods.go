package kubelet

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// pods are the workers of all pods on all stand-in nodes.
type pods struct {
	mu      sync.Mutex
	nodes   map[string]*node
	workers map[types.UID]*worker
	running sync.WaitGroup
	// all are the pods of the cluster, as far as they were seen.
	all cache.Store
}

// watch follows all pods of the cluster with one informer. It returns when the first list is in.
func (p *pods) watch(ctx context.Context, n *nodes) error {
	factory := informers.NewSharedInformerFactory(n.client, 0)
	informer := factory.Core().V1().Pods().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { p.changed(ctx, o.(*corev1.Pod)) },
		UpdateFunc: func(_, o any) { p.changed(ctx, o.(*corev1.Pod)) },
		DeleteFunc: p.deleted,
	})
	if err != nil {
		return fmt.Errorf("watching pods: %w", err)
	}
	p.all = informer.GetStore()
	factory.Start(ctx.Done())
	p.running.Go(func() {
		<-ctx.Done()
		factory.Shutdown() // no worker is added after this
	})
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return fmt.Errorf("watching pods: %w", context.Cause(ctx))
	}
	return nil
}

func (p *pods) changed(ctx context.Context, pod *corev1.Pod) {
	node := p.node(pod.Spec.NodeName)
	if node == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := p.workers[pod.UID]; w != nil {
		w.update(pod)
		return
	}
	life, gone := context.WithCancel(ctx)
	w := newWorker(node, pod, gone)
	p.workers[pod.UID] = w
	p.running.Go(func() { w.run(life) })
}

// adopt plays the pods that were bound to a node before it was known: those of DaemonSets are, at once.
func (p *pods) adopt(ctx context.Context, node string) {
	for _, o := range p.all.List() {
		if pod, ok := o.(*corev1.Pod); ok && pod.Spec.NodeName == node {
			p.changed(ctx, pod)
		}
	}
}

// node returns the stand-in of a name, or nil.
func (p *pods) node(name string) *node {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nodes[name]
}

// deleted comes when the pod is gone from the API, also without grace.
func (p *pods) deleted(o any) {
	if tombstone, ok := o.(cache.DeletedFinalStateUnknown); ok {
		o = tombstone.Obj
	}
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := p.workers[pod.UID]; w != nil {
		w.gone()
		delete(p.workers, pod.UID)
	}
}

// named returns the worker of a pod, or nil.
func (p *pods) named(namespace, name string) *worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.workers {
		if w.namespace == namespace && w.name == name {
			return w
		}
	}
	return nil
}
