package workloads

import (
	"slices"
	"unique"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// lean returns an object without what would be in the way of thousands: who manages which field, the status but for the
// revision of its pods, and what says how containers work and not where. What thousands have in common they share.
func lean(obj *unstructured.Unstructured) *unstructured.Unstructured {
	fields := map[string]any{}
	for key, value := range obj.Object {
		part, isMap := value.(map[string]any)
		if kept := outside[key]; isMap && kept != nil {
			fields[key] = leanMap(part, kept)
		} else {
			fields[key] = leanValue(key, value)
		}
	}
	return &unstructured.Unstructured{Object: fields}
}

// outside says of parts of an object which of their fields are kept. Revisions are what object.OfCurrentRevision reads.
var outside = map[string]func(key string) bool{
	"metadata": func(key string) bool {
		return key != "managedFields" && key != "generation" && key != "resourceVersion"
	},
	"status": func(key string) bool { return key == "updateRevision" || key == "currentPodHash" },
}

// heavy are the fields of containers that neither the scheduler nor a registry is asked about.
var heavy = []string{"env", "envFrom", "args", "command", "volumeMounts", "securityContext", "lifecycle",
	"livenessProbe", "readinessProbe", "startupProbe", "terminationMessagePath", "terminationMessagePolicy"}

func leanMap(fields map[string]any, kept func(key string) bool) map[string]any {
	n := 0
	for key := range fields {
		if kept(key) {
			n++
		}
	}
	smaller := make(map[string]any, n)
	for key, value := range fields {
		if kept(key) {
			smaller[unique.Make(key).Value()] = leanValue(key, value)
		}
	}
	return smaller
}

// leanValue is what is under a key.
func leanValue(key string, value any) any {
	every := func(key string) bool { return key != "kubectl.kubernetes.io/last-applied-configuration" }
	switch value := value.(type) {
	case string:
		return unique.Make(value).Value()
	case map[string]any:
		return leanMap(value, every)
	case []any:
		kept := every
		if key == "containers" || key == "initContainers" {
			kept = func(key string) bool { return !slices.Contains(heavy, key) }
		}
		list := make([]any, len(value))
		for i, element := range value {
			if fields, ok := element.(map[string]any); ok {
				list[i] = leanMap(fields, kept)
			} else {
				list[i] = leanValue("", element)
			}
		}
		return list
	}
	return value
}
