package kubelet

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// leaseDuration and leaseRenewal are the kubelet's own defaults (nodeLeaseDurationSeconds and a quarter of it).
const (
	leaseDuration = 40 * time.Second
	leaseRenewal  = 10 * time.Second
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

func (n *nodes) run(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("opening the stand-in nodes' endpoint: %w", err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), TLSConfig: n.opts.TLS, ReadHeaderTimeout: 10 * time.Second}
	defer server.Close()
	go func() { _ = server.ServeTLS(listener, "", "") }()

	port := int32(listener.Addr().(*net.TCPAddr).Port)
	var leases sync.WaitGroup
	for i := range n.opts.Nodes {
		node := n.opts.Nodes[i].DeepCopy()
		if err := n.register(ctx, node, port); err != nil {
			return err
		}
		leases.Go(func() { n.renewLease(ctx, node.Name) })
	}
	<-ctx.Done()
	leases.Wait()
	return nil
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
	condition := func(kind corev1.NodeConditionType, value corev1.ConditionStatus, reason, message string) corev1.NodeCondition {
		return corev1.NodeCondition{Type: kind, Status: value, Reason: reason, Message: message, LastHeartbeatTime: now, LastTransitionTime: now}
	}
	status.Conditions = []corev1.NodeCondition{
		condition(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
		condition(corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
		condition(corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
		condition(corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status"),
	}
	status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: "127.0.0.1"}, {Type: corev1.NodeHostName, Address: name}}
	status.DaemonEndpoints.KubeletEndpoint.Port = port
	return status
}

func (n *nodes) createLease(ctx context.Context, node *corev1.Node) error {
	seconds, now := int32(leaseDuration/time.Second), metav1.NowMicro()
	lease := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{
			Name: node.Name, Namespace: corev1.NamespaceNodeLease,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID}},
		},
		Spec: coordinationv1.LeaseSpec{HolderIdentity: &node.Name, LeaseDurationSeconds: &seconds, RenewTime: &now},
	}
	for {
		_, err := n.client.CoordinationV1().Leases(corev1.NamespaceNodeLease).Create(ctx, lease, metav1.CreateOptions{})
		if err == nil || apierrors.IsAlreadyExists(err) {
			return nil
		}
		// A young API server makes the kube-node-lease namespace a moment after it starts to serve.
		if !apierrors.IsNotFound(err) || !wait(ctx, 100*time.Millisecond) {
			return fmt.Errorf("creating the lease of node %q: %w", node.Name, err)
		}
	}
}

// renewLease keeps the node controller from marking the node unreachable.
func (n *nodes) renewLease(ctx context.Context, name string) {
	leases := n.client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	for wait(ctx, leaseRenewal) {
		lease, err := leases.Get(ctx, name, metav1.GetOptions{})
		if err == nil {
			now := metav1.NowMicro()
			lease.Spec.RenewTime = &now
			_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
		}
		if err != nil && ctx.Err() == nil {
			n.opts.Log("renewing the lease of node %q: %v", name, err)
		}
	}
}

// wait sleeps for d and reports whether ctx is still alive.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
