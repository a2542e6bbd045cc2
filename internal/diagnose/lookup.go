package diagnose

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// ClusterLookup returns an Evidence.Lookup that asks the API server. It needs the verb get on persistentvolumeclaims
// and storageclasses, and does without where it has not.
func ClusterLookup(client dynamic.Interface) func(context.Context, schema.GroupVersionResource, string,
	string) (*unstructured.Unstructured, error) {
	return func(ctx context.Context, resource schema.GroupVersionResource, namespace,
		name string) (*unstructured.Unstructured, error) {
		if namespace == "" {
			return client.Resource(resource).Get(ctx, name, metav1.GetOptions{})
		}
		return client.Resource(resource).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	}
}
