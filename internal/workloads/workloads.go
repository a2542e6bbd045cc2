// Package workloads reads what runs in a cluster: the top owner of every controller once, any kind that has a pod
// template, and bare pods, each with the pods that it has now. It only lists and gets.
package workloads

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

// Workload is an object that makes pods, or a bare pod.
type Workload struct {
	Object *unstructured.Unstructured
	// Pods are those that it has and that have not ended.
	Pods []*corev1.Pod
	// Sample is a pod of the object's present revision as admission has made it, without what its node and its controller
	// added; nil where there is none.
	Sample *corev1.Pod
	// ManagedBy is the object above that has no pod template of its own, such as an operator's: it would undo a change of
	// Object. "" for none.
	ManagedBy string
}

// Options say what is read.
type Options struct {
	Config *rest.Config
	// Namespaces are those to read; none is all.
	Namespaces []string
	// Template returns an object's pod template; ok is false for an object without, and for one with several, whose pods
	// are judged as they are.
	Template func(*unstructured.Unstructured) (template *corev1.PodTemplateSpec, ok bool)
}

// Missing is a list, or an object, that could not be read.
type Missing struct {
	// What is the resource, such as "deployments", or the object, such as "Rollout shop/cart".
	What string
	// Namespace is "" for all.
	Namespace string
	Err       error
}

// Controllers are the objects of a cluster that make pods, whether they have any now or not.
type Controllers struct {
	// Missing are what could not be read.
	Missing []Missing

	opts   Options
	client clients
	lock   sync.Mutex
	byUID  map[types.UID]*unstructured.Unstructured
	order  []types.UID
	// deployments are those of byUID.
	deployments map[types.NamespacedName]*unstructured.Unstructured
	fetched     map[types.UID]func() (*unstructured.Unstructured, error)
}

type clients struct {
	objects  dynamic.Interface
	metadata metadata.Interface
	mapper   func() mapper
}

// listed are the built-in kinds that make pods.
var listed = []schema.GroupVersionKind{
	{Group: "apps", Version: "v1", Kind: "Deployment"},
	{Group: "apps", Version: "v1", Kind: "StatefulSet"},
	{Group: "apps", Version: "v1", Kind: "DaemonSet"},
	{Group: "batch", Version: "v1", Kind: "CronJob"},
	{Group: "batch", Version: "v1", Kind: "Job"},
	{Version: "v1", Kind: "ReplicationController"},
	replicaSet,
}

// replicaSet is the kind of which a cluster has ten times as many as it uses: of the old ones the metadata is enough.
var replicaSet = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "ReplicaSet"}

// List reads the controllers of the namespaces, side by side. What can't be read is Missing; the error is that there is
// no way to ask at all.
func List(ctx context.Context, opts Options) (*Controllers, error) {
	c := &Controllers{opts: opts, byUID: map[types.UID]*unstructured.Unstructured{},
		deployments: map[types.NamespacedName]*unstructured.Unstructured{},
		fetched:     map[types.UID]func() (*unstructured.Unstructured, error){}}
	var err error
	if c.client, err = newClients(opts.Config); err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	namespaces := opts.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	lists := make([]list, 0, len(namespaces)*len(listed))
	for _, namespace := range namespaces {
		for _, kind := range listed {
			lists = append(lists, list{kind: kind, namespace: namespace})
		}
	}
	c.read(ctx, lists)
	return c, ctx.Err()
}

// Forbidden reports whether all that could not be read is a matter of rights.
func (m Missing) Forbidden() bool { return apierrors.IsForbidden(m.Err) }
