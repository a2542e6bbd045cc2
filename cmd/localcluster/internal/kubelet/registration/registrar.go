// Package registration makes nodes known to the API server, and keeps their leases.
package registration

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"
)

// NodeIP is where all stand-in nodes are: on this machine.
const NodeIP = "127.0.0.1"

// Registrar writes nodes and their leases.
type Registrar struct {
	Client kubernetes.Interface
	Log    func(format string, args ...any)
}

// Register creates the node and then writes its status, as only the status subresource may.
func (r Registrar) Register(ctx context.Context, node *corev1.Node, port int32) error {
	status := readyStatus(node.Status, node.Name, port)
	nodes := r.Client.CoreV1().Nodes()
	_, err := nodes.Create(ctx, node, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("registering node %q: %w", node.Name, err)
	}
	// The node controllers write to a new node, too.
	var created *corev1.Node
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() (err error) {
		if created, err = nodes.Get(ctx, node.Name, metav1.GetOptions{}); err != nil {
			return err
		}
		created.Status = status
		_, err = nodes.UpdateStatus(ctx, created, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("marking node %q ready: %w", node.Name, err)
	}
	return r.createLease(ctx, created)
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
	status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: NodeIP},
		{Type: corev1.NodeHostName, Address: name}}
	status.DaemonEndpoints.KubeletEndpoint.Port = port
	return status
}
