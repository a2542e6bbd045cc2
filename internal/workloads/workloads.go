// Package workloads reads what runs in a cluster: the top owner of every controller once, any kind that has a pod
// template, and bare pods, each with the pods that it has now. It only lists and gets.
package workloads

import (
	"context"
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

// Workload is an object that makes pods, or one of its pod templates where it has several, or a bare pod.
type Workload struct {
	Object *unstructured.Unstructured
	// Template is the index of the one that it is about, in the order of Options.Templates.
	Template int
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
	// Templates are an object's pod templates; none for an object that makes no pods.
	Templates func(*unstructured.Unstructured) []*corev1.PodTemplateSpec
	// Own reports whether an API group is none of Kubernetes, and HasRoom whether objects of one of its kinds can have a
	// template, by the kind's OpenAPI schema.
	Own     func(group string) bool
	HasRoom func(group string, schema map[string]any) bool
}

// Missing is a list, or an object, that could not be read.
type Missing struct {
	// What is the resource, such as "deployments", or the object, such as "Rollout shop/cart".
	What string
	// Owner: it is an object that pods are of. They are judged as they are now.
	Owner bool
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
	// templates counts those of objects.
	templates map[types.UID]int
}

type clients struct {
	objects  dynamic.Interface
	metadata metadata.Interface
	kinds    *discovery.DiscoveryClient
	mapper   func() mapper
}

// builtIn are Kubernetes' own kinds that make pods.
var builtIn = []schema.GroupVersionKind{
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
		fetched:     map[types.UID]func() (*unstructured.Unstructured, error){},
		templates:   map[types.UID]int{}}
	var err error
	if c.client, err = newClients(opts.Config); err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	namespaces := opts.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	own := c.ownKinds(ctx)
	var lists []list
	for _, namespace := range namespaces {
		for _, k := range builtIn {
			lists = append(lists, list{kind: kind{k, strings.ToLower(k.Kind) + "s", false}, namespace: namespace})
		}
		for _, k := range own {
			lists = append(lists, list{kind: k, own: true, namespace: namespace})
		}
	}
	c.read(ctx, lists)
	return c, ctx.Err()
}
