package kubelet

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// reference is what a pod takes from a ConfigMap or a Secret of its namespace.
type reference struct {
	kind     string // "ConfigMap" or "Secret"
	name     string
	key      string // empty: all keys
	optional *bool
}

// check fails where what is referred to does not exist and is not optional. The words are those of the kubelet's caches
// and of makeEnvironmentVariables.
func (w *worker) check(ctx context.Context, r reference) error {
	if r.optional != nil && *r.optional {
		return nil
	}
	has, err := w.keys(ctx, r)
	if err != nil || r.key == "" || has(r.key) {
		return err
	}
	return fmt.Errorf("couldn't find key %s in %s %s/%s", r.key, r.kind, w.namespace, r.name)
}

// keys reads a ConfigMap or a Secret and returns which keys it has.
func (w *worker) keys(ctx context.Context, r reference) (has func(key string) bool, err error) {
	core := w.node.client.CoreV1()
	if r.kind == "ConfigMap" {
		found, err := core.ConfigMaps(w.namespace).Get(ctx, r.name, metav1.GetOptions{})
		return func(key string) bool {
			_, text := found.Data[key]
			_, binary := found.BinaryData[key]
			return text || binary
		}, notFound("configmap", r.name, err)
	}
	found, err := core.Secrets(w.namespace).Get(ctx, r.name, metav1.GetOptions{})
	return func(key string) bool { _, ok := found.Data[key]; return ok }, notFound("secret", r.name, err)
}

// notFound names the kind as the kubelet's cache does, in the singular; the API server's answer has the plural.
func notFound(kind, name string, err error) error {
	if apierrors.IsNotFound(err) {
		return apierrors.NewNotFound(corev1.Resource(kind), name)
	}
	return err
}
