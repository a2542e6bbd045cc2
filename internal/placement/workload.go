package placement

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

// References returns the image references of all workloads, those that admission adds among them, each once, in order
// of appearance.
func References(objects []*unstructured.Unstructured, admitted map[template.Key]*corev1.Pod) []string {
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

// ImagesOf returns the image references of a pod, each once, in order of appearance.
func ImagesOf(spec corev1.PodSpec) []string { return imagesOf(containersOf(spec)) }

// workload is a pod template of an object of the deploy.
type workload struct {
	source     *unstructured.Unstructured // as it was given
	object     *unstructured.Unstructured // as it is patched until now
	template   template.Template
	metadata   metav1.ObjectMeta
	spec       corev1.PodSpec
	written    *corev1.PodSpec // by the manifest; nil where spec is that
	containers []container
	claims     []corev1.PersistentVolumeClaim // a StatefulSet's claim templates
}

// container is an image that a pod pulls, for a container or a volume.
type container struct {
	name, image string
	volume      bool // it is mounted, and nothing in it is started
}

func workloadsOf(objects []*unstructured.Unstructured, admitted map[template.Key]*corev1.Pod) []workload {
	var all []workload
	for _, obj := range objects {
		for _, t := range template.Of(obj) {
			w := workloadOf(obj, t)
			if pod := admitted[w.key()]; pod != nil {
				w = w.admittedAs(pod)
			}
			all = append(all, w)
		}
	}
	return all
}

func workloadOf(obj *unstructured.Unstructured, t template.Template) workload {
	return workload{
		source: obj, object: obj, template: t, metadata: t.ObjectMeta, spec: t.Spec,
		containers: containersOf(t.Spec), claims: claimTemplates(obj),
	}
}

// in is the workload after its object was patched, in this template or another.
func (w workload) in(patched *unstructured.Unstructured) workload {
	for _, t := range template.Of(patched) {
		if t.Path.String() == w.template.Path.String() {
			after := workloadOf(patched, t)
			after.source = w.source
			return after
		}
	}
	w.object = patched // it parsed before, and a repair adds nothing that would not
	return w
}

func (w workload) key() template.Key { return template.KeyOf(w.source, w.template) }

// label is what messages call the workload: its object, and the template where there are others.
func (w workload) label() string {
	label := object.Name(w.object.GetKind(), w.object)
	if !w.template.Alone {
		label += " (" + w.template.Name + ")"
	}
	return label
}

func containersOf(spec corev1.PodSpec) []container {
	var all []container
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		if c.Image != "" {
			all = append(all, container{name: c.Name, image: c.Image})
		}
	}
	for _, v := range spec.Volumes {
		if v.Image != nil && v.Image.Reference != "" {
			all = append(all, container{name: v.Name, image: v.Image.Reference, volume: true})
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

func claimTemplates(obj *unstructured.Unstructured) []corev1.PersistentVolumeClaim {
	if obj.GroupVersionKind().GroupKind() != (schema.GroupKind{Group: "apps", Kind: "StatefulSet"}) {
		return nil
	}
	var all []corev1.PersistentVolumeClaim
	templates, _, _ := unstructured.NestedSlice(obj.Object, "spec", "volumeClaimTemplates")
	for _, t := range templates {
		claim := corev1.PersistentVolumeClaim{}
		if fields, ok := t.(map[string]any); ok &&
			runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &claim) == nil && claim.Name != "" {
			all = append(all, claim)
		}
	}
	return all
}

func (w workload) images() []string { return imagesOf(w.containers) }

func imagesOf(containers []container) []string {
	var all []string
	for _, c := range containers {
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
			if storage.decides(w.object.GetNamespace(), claim.Name+"-"+w.object.GetName()+"-"+strconv.Itoa(n)) {
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
	return w.isPod() && slices.ContainsFunc(p.Cluster.Pods, func(pod corev1.Pod) bool {
		return pod.Namespace == w.object.GetNamespace() && pod.Name == w.object.GetName() && pod.Spec.NodeName != ""
	})
}

func (w workload) isPod() bool {
	return w.object.GroupVersionKind().GroupKind() == schema.GroupKind{Kind: "Pod"}
}

// daemon reports a DaemonSet, whose controller puts pods on the nodes that fit: where none does it makes no pod.
func (w workload) daemon() bool {
	return w.object.GroupVersionKind().GroupKind() == schema.GroupKind{Group: "apps", Kind: "DaemonSet"}
}
