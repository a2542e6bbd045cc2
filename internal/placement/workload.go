package placement

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// PodTemplate returns the template of the pods that obj makes, and the path that leads to it: spec.template for all
// kinds whose spec.template.spec.containers is a list, spec.jobTemplate.spec.template for a CronJob, template for a
// PodTemplate, the object itself, with an empty path, for a Pod, and for a custom kind wherever it has one. Other
// objects are not ok, and neither is a template that does not parse: the API server will name the field at fault.
func PodTemplate(obj *unstructured.Unstructured) (template *corev1.PodTemplateSpec, path []string, ok bool) {
	path = templatePath(obj.GroupVersionKind().GroupKind())
	if !holdsContainers(obj.Object, path) && isCustom(obj) {
		path, _ = findTemplate(obj.Object, nil)
	}
	raw := obj.Object
	if len(path) > 0 {
		raw, _, _ = unstructured.NestedMap(obj.Object, path...)
	}
	containers, found, _ := unstructured.NestedFieldNoCopy(raw, "spec", "containers")
	if _, isList := containers.([]any); !found || !isList {
		return nil, nil, false
	}
	template = &corev1.PodTemplateSpec{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw, template); err != nil {
		return nil, nil, false
	}
	return template, path, true
}

// isCustom: only custom kinds have pod templates in places of their own.
func isCustom(obj *unstructured.Unstructured) bool {
	return strings.Contains(obj.GroupVersionKind().Group, ".") &&
		!strings.HasSuffix(obj.GroupVersionKind().Group, ".k8s.io")
}

// holdsContainers reports whether the map below a path has a pod spec with containers that have images.
func holdsContainers(fields map[string]any, path []string) bool {
	containers, _, _ := unstructured.NestedFieldNoCopy(fields, append(slices.Clone(path), "spec", "containers")...)
	list, _ := containers.([]any)
	return slices.ContainsFunc(list, func(c any) bool {
		container, _ := c.(map[string]any)
		return container["name"] != nil && container["image"] != nil
	})
}

// findTemplate looks for a pod template anywhere among the maps of an object, such as spec.jobTargetRef.template of
// KEDA's ScaledJob, and returns the first in the order of the fields' names. Templates in lists are passed over.
func findTemplate(fields map[string]any, path []string) ([]string, bool) {
	if len(path) > 0 && holdsContainers(fields, nil) {
		return path, true
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if inner, ok := fields[key].(map[string]any); ok {
			if found, ok := findTemplate(inner, append(slices.Clone(path), key)); ok {
				return found, true
			}
		}
	}
	return []string{"spec", "template"}, false
}

func templatePath(kind schema.GroupKind) []string {
	switch kind {
	case schema.GroupKind{Kind: "Pod"}:
		return nil
	case schema.GroupKind{Kind: "PodTemplate"}:
		return []string{"template"}
	case schema.GroupKind{Group: "batch", Kind: "CronJob"}:
		return []string{"spec", "jobTemplate", "spec", "template"}
	}
	return []string{"spec", "template"}
}

// References returns the image references of all workloads, those that admission adds among them, each once, in order
// of appearance.
func References(objects []*unstructured.Unstructured, admitted map[*unstructured.Unstructured]*corev1.Pod) []string {
	var all []string
	seen := map[string]bool{}
	for _, w := range workloadsOf(objects, admitted) {
		for _, image := range w.images() {
			if !seen[image] {
				seen[image] = true
				all = append(all, image)
			}
		}
	}
	return all
}

type workload struct {
	object     *unstructured.Unstructured
	path       []string // to the pod template
	metadata   metav1.ObjectMeta
	spec       corev1.PodSpec
	written    *corev1.PodSpec // by the manifest; nil where spec is that
	containers []container
	claims     []string // names of a StatefulSet's claim templates
}

type container struct{ name, image string }

func workloadsOf(objects []*unstructured.Unstructured, admitted map[*unstructured.Unstructured]*corev1.Pod) []workload {
	var all []workload
	for _, obj := range objects {
		if w, ok := workloadOf(obj); ok {
			if pod := admitted[obj]; pod != nil {
				w = w.admittedAs(pod)
			}
			all = append(all, w)
		}
	}
	return all
}

func workloadOf(obj *unstructured.Unstructured) (workload, bool) {
	template, path, ok := PodTemplate(obj)
	if !ok {
		return workload{}, false
	}
	return workload{
		object: obj, path: path, metadata: template.ObjectMeta, spec: template.Spec,
		containers: containersOf(template.Spec), claims: claimTemplates(obj),
	}, true
}

func containersOf(spec corev1.PodSpec) []container {
	var all []container
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		if c.Image != "" {
			all = append(all, container{c.Name, c.Image})
		}
	}
	return all
}

// admittedAs is the workload with the pods that the server makes of it.
func (w workload) admittedAs(pod *corev1.Pod) workload {
	written := w.spec
	w.written = &written
	w.metadata.Labels, w.spec = pod.Labels, pod.Spec
	w.containers = containersOf(pod.Spec)
	return w
}

func claimTemplates(obj *unstructured.Unstructured) []string {
	if obj.GroupVersionKind().GroupKind() != (schema.GroupKind{Group: "apps", Kind: "StatefulSet"}) {
		return nil
	}
	var names []string
	templates, _, _ := unstructured.NestedSlice(obj.Object, "spec", "volumeClaimTemplates")
	for _, t := range templates {
		fields, _ := t.(map[string]any)
		if name, ok, _ := unstructured.NestedString(fields, "metadata", "name"); ok {
			names = append(names, name)
		}
	}
	return names
}

func (w workload) images() []string {
	var all []string
	for _, c := range w.containers {
		if !slices.Contains(all, c.image) {
			all = append(all, c.image)
		}
	}
	return all
}

// distinctPods counts the pods that differ in the nodes they fit: one, or all of a StatefulSet whose claims are there.
func (w workload) distinctPods(storage storage) int {
	if len(w.claims) == 0 {
		return 1
	}
	count := 1
	for n := range w.replicas() {
		for _, claim := range w.claims {
			if storage.decides(w.object.GetNamespace(), claim+"-"+w.object.GetName()+"-"+strconv.Itoa(n)) {
				count = n + 1
			}
		}
	}
	return count
}

// replicas are those that the object asks for, 1 by default.
func (w workload) replicas() int {
	switch n, _, _ := unstructured.NestedFieldNoCopy(w.object.Object, "spec", "replicas"); n := n.(type) {
	case int64:
		return int(n)
	case float64:
		return int(n)
	}
	return 1
}

// asleep: nothing runs, or would run, before somebody scales it up.
func (w workload) asleep() bool { return w.replicas() == 0 }

// bound: a bare pod that has its node already stays there, whatever else it could land on.
func (p planner) bound(w workload) bool {
	return len(w.path) == 0 && slices.ContainsFunc(p.Cluster.Pods, func(pod corev1.Pod) bool {
		return pod.Namespace == w.object.GetNamespace() && pod.Name == w.object.GetName() && pod.Spec.NodeName != ""
	})
}

// daemon reports a DaemonSet, whose controller puts pods on the nodes that fit: where none does it makes no pod.
func (w workload) daemon() bool {
	return w.object.GroupVersionKind().GroupKind() == schema.GroupKind{Group: "apps", Kind: "DaemonSet"}
}
