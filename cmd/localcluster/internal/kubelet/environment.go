package kubelet

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/events"
)

// checkEnvironment refuses a container whose environment cannot be made, for want of a ConfigMap, a Secret or a key.
func (w *worker) checkEnvironment(ctx context.Context, c *corev1.Container) *startFailure {
	for _, r := range environmentReferences(c) {
		if err := w.check(ctx, r); err != nil {
			w.event(c, corev1.EventTypeWarning, events.FailedToCreateContainer, "Error: %v", err)
			return &startFailure{reason: reasonConfig, message: err.Error()}
		}
	}
	return nil
}

// environmentReferences are in the order in which the kubelet follows them: envFrom, then env.
func environmentReferences(c *corev1.Container) (refs []reference) {
	for _, from := range c.EnvFrom {
		if r := from.ConfigMapRef; r != nil {
			refs = append(refs, reference{kind: "ConfigMap", name: r.Name, optional: r.Optional})
		}
		if r := from.SecretRef; r != nil {
			refs = append(refs, reference{kind: "Secret", name: r.Name, optional: r.Optional})
		}
	}
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			continue
		}
		if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
			refs = append(refs, reference{"ConfigMap", r.Name, r.Key, r.Optional})
		}
		if r := e.ValueFrom.SecretKeyRef; r != nil {
			refs = append(refs, reference{"Secret", r.Name, r.Key, r.Optional})
		}
	}
	return refs
}
