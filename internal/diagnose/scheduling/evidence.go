// Package scheduling says why no node takes a pod. It looks at values, and at what the caller's Evidence lets it look
// up.
package scheduling

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// Lookup reads an object of the cluster; its error distinguishes one that is not there (apierrors.IsNotFound) from one
// that may not be read.
type Lookup func(ctx context.Context, resource schema.GroupVersionResource, namespace,
	name string) (*unstructured.Unstructured, error)

// Evidence is what may be looked at beside the pod. Every field may stay empty; the more is there, the more exact the
// answer.
type Evidence struct {
	// Nodes are the cluster's nodes.
	Nodes []corev1.Node
	// Images are what the registries have for the images of all containers; the zero Offer is an unknown one.
	Images []platform.Offer
	Lookup Lookup
}

func (ev Evidence) lookup(ctx context.Context, resource schema.GroupVersionResource, namespace,
	name string) (*unstructured.Unstructured, error) {
	if ev.Lookup == nil {
		return nil, errors.ErrUnsupported
	}
	return ev.Lookup(ctx, resource, namespace, name)
}
