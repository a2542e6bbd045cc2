// Package pods makes of a deploy's objects the pods that the scheduler will get: of each pod template, with what
// admission adds to them and the claims that they will have.
package pods

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
	for _, w := range Of(objects, admitted) {
		for _, image := range w.Images() {
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

// Workload is a pod template of an object of the deploy.
type Workload struct {
	Source     *unstructured.Unstructured // as it was given
	Object     *unstructured.Unstructured // as it is patched until now
	Template   template.Template
	Metadata   metav1.ObjectMeta
	Spec       corev1.PodSpec
	Written    *corev1.PodSpec // by the manifest; nil where spec is that
	Containers []Container
	Claims     []corev1.PersistentVolumeClaim // a StatefulSet's claim templates
}

// Container is an image that a pod pulls, for a container or a volume.
type Container struct {
	Name, Image string
	Volume      bool // it is mounted, and nothing in it is started
}

// Of returns the workloads of a deploy, in the order of its objects. Those that were admitted have the pods that the
// server makes of them.
func Of(objects []*unstructured.Unstructured, admitted map[template.Key]*corev1.Pod) []Workload {
	var all []Workload
	for _, obj := range objects {
		for _, t := range template.Of(obj) {
			w := workloadOf(obj, t)
			if pod := admitted[w.Key()]; pod != nil {
				w = w.admittedAs(pod)
			}
			all = append(all, w)
		}
	}
	return all
}

func workloadOf(obj *unstructured.Unstructured, t template.Template) Workload {
	return Workload{
		Source: obj, Object: obj, Template: t, Metadata: t.ObjectMeta, Spec: t.Spec,
		Containers: containersOf(t.Spec), Claims: claimTemplates(obj),
	}
}

// in is the workload after its object was patched, in this template or another.
func (w Workload) in(patched *unstructured.Unstructured) Workload {
	for _, t := range template.Of(patched) {
		if t.Path.String() == w.Template.Path.String() {
			after := workloadOf(patched, t)
			after.Source = w.Source
			return after
		}
	}
	w.Object = patched // it parsed before, and a repair adds nothing that would not
	return w
}

// Key identifies the pod template.
func (w Workload) Key() template.Key { return template.KeyOf(w.Source, w.Template) }

// Label is what messages call the workload: its object, and the template where there are others.
func (w Workload) Label() string {
	label := object.Name(w.Object.GetKind(), w.Object)
	if !w.Template.Alone {
		label += " (" + w.Template.Name + ")"
	}
	return label
}

func containersOf(spec corev1.PodSpec) []Container {
	var all []Container
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		if c.Image != "" {
			all = append(all, Container{Name: c.Name, Image: c.Image})
		}
	}
	for _, v := range spec.Volumes {
		if v.Image != nil && v.Image.Reference != "" {
			all = append(all, Container{Name: v.Name, Image: v.Image.Reference, Volume: true})
		}
	}
	return all
}

// admittedAs is the workload with the pods that the server makes of it.
func (w Workload) admittedAs(pod *corev1.Pod) Workload {
	written := w.Spec
	w.Written = &written
	w.Metadata.Labels, w.Spec = pod.Labels, pod.Spec
	w.Containers = containersOf(pod.Spec)
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

// Images returns the image references of its pods, each once, in order of appearance.
func (w Workload) Images() []string { return imagesOf(w.Containers) }

func imagesOf(containers []Container) []string {
	var all []string
	for _, c := range containers {
		if !slices.Contains(all, c.Image) {
			all = append(all, c.Image)
		}
	}
	return all
}

// DistinctPods counts the pods that differ in the nodes they fit: one, or all of a StatefulSet whose claims are there.
func (w Workload) DistinctPods(storage Storage) int {
	if len(w.Claims) == 0 {
		return 1
	}
	count := 1
	for n := range w.replicas() {
		for _, claim := range w.Claims {
			if storage.decides(w.Object.GetNamespace(), claim.Name+"-"+w.Object.GetName()+"-"+strconv.Itoa(n)) {
				count = n + 1
			}
		}
	}
	return count
}

// replicas are those that the object asks for, 1 by default.
func (w Workload) replicas() int {
	switch n, _, _ := unstructured.NestedFieldNoCopy(w.Object.Object, "spec", "replicas"); n := n.(type) {
	case int64:
		return int(n)
	case float64:
		return int(n)
	}
	return 1
}

// Asleep reports that nothing runs, or would run, before somebody scales it up or lets it go on.
func (w Workload) Asleep() bool { return Asleep(w.Object) }

// Asleep reports an object that makes no pods before somebody scales it up or lets it go on.
func Asleep(obj *unstructured.Unstructured) bool {
	suspended, _, _ := unstructured.NestedBool(obj.Object, "spec", "suspend")
	return suspended || Workload{Object: obj}.replicas() == 0
}

// IsPod reports a bare pod.
func (w Workload) IsPod() bool {
	return w.Object.GroupVersionKind().GroupKind() == schema.GroupKind{Kind: "Pod"}
}

// IsDaemonSet reports a DaemonSet, whose controller puts pods on the nodes that fit: where none does it makes no pod.
func (w Workload) IsDaemonSet() bool {
	return w.Object.GroupVersionKind().GroupKind() == schema.GroupKind{Group: "apps", Kind: "DaemonSet"}
}

// After is the workload in a patched object, with what the server has added to it before.
func (w Workload) After(patched *unstructured.Unstructured) Workload {
	after := w.in(patched)
	if w.Written != nil {
		after = after.admittedAs(&corev1.Pod{ObjectMeta: w.Metadata, Spec: w.Spec})
	}
	return after
}
