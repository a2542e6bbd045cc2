package registration

import (
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// leaseDuration and leaseRenewal are the kubelet's own defaults (nodeLeaseDurationSeconds and a quarter of it).
const (
	leaseDuration = 40 * time.Second
	leaseRenewal  = 10 * time.Second
)

func (r Registrar) createLease(ctx context.Context, node *corev1.Node) error {
	seconds, now := int32(leaseDuration/time.Second), metav1.NowMicro()
	lease := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{
			Name: node.Name, Namespace: corev1.NamespaceNodeLease,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID}},
		},
		Spec: coordinationv1.LeaseSpec{HolderIdentity: &node.Name, LeaseDurationSeconds: &seconds, RenewTime: &now},
	}
	for {
		_, err := r.Client.CoordinationV1().Leases(corev1.NamespaceNodeLease).Create(ctx, lease, metav1.CreateOptions{})
		if err == nil || apierrors.IsAlreadyExists(err) {
			return nil
		}
		// A young API server makes the kube-node-lease namespace a moment after it starts to serve.
		if !apierrors.IsNotFound(err) {
			return fmt.Errorf("creating the lease of node %q: %w", node.Name, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("creating the lease of node %q: %w", node.Name, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// RenewLease keeps the node controller from marking the node unreachable.
func (r Registrar) RenewLease(ctx context.Context, name string) {
	leases := r.Client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(leaseRenewal):
		}
		lease, err := leases.Get(ctx, name, metav1.GetOptions{})
		if err == nil {
			now := metav1.NowMicro()
			lease.Spec.RenewTime = &now
			_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
		}
		if err != nil && ctx.Err() == nil {
			r.Log("renewing the lease of node %q: %v", name, err)
		}
	}
}
