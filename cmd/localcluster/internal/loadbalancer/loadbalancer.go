// Package loadbalancer plays a cloud's service controller: it gives Services of type LoadBalancer an address.
// Nothing listens there.
package loadbalancer

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	listerscorev1 "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
)

// controller gives addresses to the Services whose keys come through its queue.
type controller struct {
	client   kubernetes.Interface
	services listerscorev1.ServiceLister
	queue    workqueue.TypedRateLimitingInterface[cache.ObjectName]
	events   record.EventRecorder
	pool     *pool
}

// Run serves the cluster that config reaches until ctx ends. log receives a line for each failure; the Service is
// then tried again.
func Run(ctx context.Context, config *rest.Config, log func(format string, args ...any)) error {
	client, err := kubernetes.NewForConfig(rest.AddUserAgent(config, "service-controller"))
	if err != nil {
		return fmt.Errorf("making the load balancers' API client: %w", err)
	}
	events := record.NewBroadcaster(record.WithContext(ctx))
	events.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	defer events.Shutdown()
	factory := informers.NewSharedInformerFactory(client, 0)
	services := factory.Core().V1().Services()
	c := &controller{
		client:   client,
		services: services.Lister(),
		queue:    workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[cache.ObjectName]()),
		events:   events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "service-controller"}),
		pool:     newPool(),
	}
	if _, err := services.Informer().AddEventHandler(c.handler()); err != nil {
		return fmt.Errorf("watching Services: %w", err)
	}
	factory.StartWithContext(ctx)
	defer factory.Shutdown()
	factory.WaitForCacheSyncWithContext(ctx)
	context.AfterFunc(ctx, c.queue.ShutDown)
	for c.next(ctx, log) {
	}
	return nil
}

// handler queues each Service that changes.
func (c *controller) handler() cache.ResourceEventHandler {
	enqueue := func(object any) {
		if key, err := cache.DeletionHandlingObjectToName(object); err == nil {
			c.queue.Add(key)
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    enqueue,
		UpdateFunc: func(_, object any) { enqueue(object) },
		DeleteFunc: enqueue,
	}
}

// next brings one Service in order; it returns false when the queue is closed.
func (c *controller) next(ctx context.Context, log func(format string, args ...any)) bool {
	key, closed := c.queue.Get()
	if closed {
		return false
	}
	defer c.queue.Done(key)
	if err := c.sync(ctx, key); err != nil && ctx.Err() == nil {
		log("Service %s: giving it an address: %v; it is tried again", key, err)
		c.queue.AddRateLimited(key)
		return true
	}
	c.queue.Forget(key)
	return true
}

// sync gives the Service an address, or takes it back.
func (c *controller) sync(ctx context.Context, key cache.ObjectName) error {
	service, err := c.services.Services(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		c.pool.release(key)
		return nil
	}
	if err != nil {
		return err
	}
	if !wanted(service) {
		return c.withdraw(ctx, key, service)
	}
	if len(service.Status.LoadBalancer.Ingress) > 0 {
		return nil
	}
	c.events.Event(service, corev1.EventTypeNormal, "EnsuringLoadBalancer", "Ensuring load balancer")
	address, err := c.pool.take(key)
	if err != nil {
		c.events.Eventf(service, corev1.EventTypeWarning, "SyncLoadBalancerFailed", "Error syncing load balancer: %v", err)
		return err
	}
	if err := c.set(ctx, service, corev1.LoadBalancerIngress{IP: address.String()}); err != nil {
		return err
	}
	c.events.Event(service, corev1.EventTypeNormal, "EnsuredLoadBalancer", "Ensured load balancer")
	return nil
}

// withdraw takes the address of a Service that is no load balancer any more.
func (c *controller) withdraw(ctx context.Context, key cache.ObjectName, service *corev1.Service) error {
	if !c.pool.release(key) || len(service.Status.LoadBalancer.Ingress) == 0 {
		return nil
	}
	return c.set(ctx, service)
}

// set writes the Service's addresses.
func (c *controller) set(ctx context.Context, service *corev1.Service, ingress ...corev1.LoadBalancerIngress) error {
	service = service.DeepCopy()
	service.Status.LoadBalancer.Ingress = ingress
	_, err := c.client.CoreV1().Services(service.Namespace).UpdateStatus(ctx, service, metav1.UpdateOptions{})
	return err
}

// wanted reports whether a cloud's default load balancer is asked for; with a class, another controller serves it.
// https://kubernetes.io/docs/concepts/services-networking/service/#load-balancer-class
func wanted(service *corev1.Service) bool {
	return service.Spec.Type == corev1.ServiceTypeLoadBalancer && service.Spec.LoadBalancerClass == nil
}
