package rollout

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// stream is one list and watch: a resource in a namespace ("" for cluster-scoped ones).
type stream struct {
	schema.GroupVersionResource
	namespace string
	fields    string
	// optional streams add detail; a cluster that forbids them is still watched.
	optional bool
}

// statusKinds are the built-in kinds whose status kstatus looks at. The others are current once applied, and need no
// permission to be watched.
var statusKinds = map[string]bool{
	"Service": true, "Pod": true, "PersistentVolumeClaim": true, "CustomResourceDefinition": true,
	"Deployment": true, "StatefulSet": true, "DaemonSet": true, "ReplicaSet": true, "ReplicationController": true, "Job": true,
}

// ownPods are the built-in kinds that have pods.
var ownPods = map[string]bool{
	"Pod": true, "Deployment": true, "StatefulSet": true, "DaemonSet": true, "ReplicaSet": true, "ReplicationController": true, "Job": true,
}

var (
	pods        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	events      = schema.GroupVersionResource{Version: "v1", Resource: "events"}
	replicaSets = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
	// between are the kinds that may stand between a custom object and its pods.
	between = []schema.GroupVersionResource{
		replicaSets,
		{Group: "apps", Version: "v1", Resource: "deployments"},
		{Group: "apps", Version: "v1", Resource: "statefulsets"},
		{Group: "apps", Version: "v1", Resource: "daemonsets"},
		{Group: "batch", Version: "v1", Resource: "jobs"},
		pods,
	}
)

func isCustom(gvk schema.GroupVersionKind) bool { return !scheme.Scheme.IsGroupRegistered(gvk.Group) }

func isWatched(gvk schema.GroupVersionKind) bool { return isCustom(gvk) || statusKinds[gvk.Kind] }

// plan lists the streams that tell about the objects, each once.
func plan(mapper meta.RESTMapper, applied []*unstructured.Unstructured) ([]stream, error) {
	var streams []stream
	add := func(s stream) {
		for i, have := range streams {
			if have.GroupVersionResource == s.GroupVersionResource && have.namespace == s.namespace {
				streams[i].optional = have.optional && s.optional
				return
			}
		}
		streams = append(streams, s)
	}
	for _, u := range applied {
		gvk := u.GroupVersionKind()
		if !isWatched(gvk) {
			continue
		}
		mapping, err := mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		if err != nil {
			return nil, fmt.Errorf("watching %s %q: %w", gvk.Kind, u.GetName(), err)
		}
		add(stream{GroupVersionResource: mapping.Resource, namespace: u.GetNamespace()})
		for _, s := range around(gvk, u.GetNamespace()) {
			add(s)
		}
	}
	return streams, nil
}

// around lists the streams beside the object's own: those of its pods and of what stands between.
func around(gvk schema.GroupVersionKind, namespace string) []stream {
	var all []stream
	switch {
	case isCustom(gvk) && namespace != "":
		for _, resource := range between {
			all = append(all, stream{GroupVersionResource: resource, namespace: namespace, optional: true})
		}
	case !ownPods[gvk.Kind]:
		return nil
	case gvk.Kind == "Deployment":
		all = append(all, stream{GroupVersionResource: replicaSets, namespace: namespace})
		fallthrough
	default:
		all = append(all, stream{GroupVersionResource: pods, namespace: namespace})
	}
	return append(all, stream{GroupVersionResource: events, namespace: namespace, fields: "type=Warning", optional: true})
}
