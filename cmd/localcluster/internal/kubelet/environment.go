package kubelet

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/events"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/podstatus"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet/references"
)

// checkEnvironment refuses a container whose environment cannot be made, for want of a ConfigMap, a Secret or a key.
func (w *worker) checkEnvironment(ctx context.Context, c *corev1.Container) *podstatus.Failure {
	err := w.references().Environment(ctx, c)
	if err == nil {
		return nil
	}
	w.event(c, corev1.EventTypeWarning, events.FailedToCreateContainer, "Error: %v", err)
	return &podstatus.Failure{Reason: podstatus.ReasonConfig, Message: err.Error()}
}

// references leads to the ConfigMaps and Secrets of the pod's namespace.
func (w *worker) references() references.Namespace {
	return references.Namespace{Client: w.node.client, Name: w.namespace}
}
