// Package references follows a pod's references to ConfigMaps and Secrets, and fails in the kubelet's words where one
// leads nowhere.
package references

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// reference is what a pod takes from a ConfigMap or a Secret of its namespace.
type reference struct {
	kind     string // "ConfigMap" or "Secret"
	name     string
	key      string // empty: all keys
	optional *bool
}

// Namespace is where references lead.
type Namespace struct {
	Client kubernetes.Interface
	Name   string
}

// check fails where what is referred to does not exist and is not optional. The words are those of the kubelet's caches
// and of makeEnvironmentVariables.
func (n Namespace) check(ctx context.Context, r reference) error {
	if r.optional != nil && *r.optional {
		return nil
	}
	has, err := n.keys(ctx, r)
	if err != nil || r.key == "" || has(r.key) {
		return err
	}
	return fmt.Errorf("couldn't find key %s in %s %s/%s", r.key, r.kind, n.Name, r.name)
}

// keys reads a ConfigMap or a Secret and returns which keys it has.
func (n Namespace) keys(ctx context.Context, r reference) (has func(key string) bool, err error) {
	core := n.Client.CoreV1()
	if r.kind == "ConfigMap" {
		found, err := core.ConfigMaps(n.Name).Get(ctx, r.name, metav1.GetOptions{})
		return func(key string) bool {
			_, text := found.Data[key]
			_, binary := found.BinaryData[key]
			return text || binary
		}, notFound("configmap", r.name, err)
	}
	found, err := core.Secrets(n.Name).Get(ctx, r.name, metav1.GetOptions{})
	return func(key string) bool { _, ok := found.Data[key]; return ok }, notFound("secret", r.name, err)
}

// notFound names the kind as the kubelet's cache does, in the singular; the API server's answer has the plural.
func notFound(kind, name string, err error) error {
	if apierrors.IsNotFound(err) {
		return apierrors.NewNotFound(corev1.Resource(kind), name)
	}
	return err
}

// Environment fails where the environment of a container cannot be made, for want of a ConfigMap, a Secret or a key.
func (n Namespace) Environment(ctx context.Context, c *corev1.Container) error {
	for _, r := range environmentReferences(c) {
		if err := n.check(ctx, r); err != nil {
			return err
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
