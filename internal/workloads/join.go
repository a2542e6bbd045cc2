package workloads

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// part is what a workload is of.
type part struct {
	uid types.UID
	// template is the index of an object's template.
	template int
	// images are those of pods that are judged as they are, in one text. Other pods of the owner may have others.
	images string
}

// Join gives the pods to their workloads. The workloads are in the order of their namespaces, kinds and names; static
// counts the pods that nodes make themselves, which belong to none.
func (c *Controllers) Join(ctx context.Context, pods []corev1.Pod) (all []Workload, static int) {
	living := make([]*corev1.Pod, 0, len(pods))
	for i := range pods {
		switch pod := &pods[i]; {
		case pod.Status.Phase == corev1.PodSucceeded, pod.Status.Phase == corev1.PodFailed:
		case isOwned(pod, "Node"):
			static++
		default:
			living = append(living, pod)
		}
	}
	c.fetchOwners(ctx, living)
	found := map[part]*Workload{}
	for _, uid := range c.order {
		if obj := c.byUID[uid]; obj.GetKind() != "ReplicaSet" || !isOwned(obj, "Deployment") {
			c.add(ctx, found, obj)
		}
	}
	for _, pod := range living {
		c.addPod(ctx, found, pod)
	}
	for _, w := range found {
		if w.Sample != nil {
			w.Sample = sample(w.Object, c.opts.Templates(w.Object)[w.Template], w.Sample)
		}
		all = append(all, *w)
	}
	slices.SortFunc(all, func(a, b Workload) int {
		return cmp.Or(cmp.Compare(a.Object.GetNamespace(), b.Object.GetNamespace()),
			cmp.Compare(a.Object.GetKind(), b.Object.GetKind()), cmp.Compare(a.Object.GetName(), b.Object.GetName()),
			cmp.Compare(a.Template, b.Template))
	})
	return all, static
}

// fetchOwners asks for the owners that are not known yet, side by side.
func (c *Controllers) fetchOwners(ctx context.Context, pods []*corev1.Pod) {
	var group errgroup.Group
	group.SetLimit(readers)
	for _, pod := range pods {
		if ref := metav1.GetControllerOf(pod); ref != nil && c.byUID[ref.UID] == nil {
			group.Go(func() error {
				_, _ = c.owner(ctx, pod.Namespace, ref) // an error is in Missing
				return nil
			})
		}
	}
	_ = group.Wait()
}

// add notes the workloads that a controller belongs to: one for each template of its top owner.
func (c *Controllers) add(ctx context.Context, found map[part]*Workload, obj *unstructured.Unstructured) {
	if obj.GetKind() == "ReplicaSet" { // only its metadata was read
		whole, err := c.owner(ctx, obj.GetNamespace(), refTo(obj))
		if err != nil {
			return
		}
		obj = whole
	}
	l := c.descent(ctx, obj, obj)
	for i := range c.templatesOf(l.top) {
		if p := (part{uid: l.top.GetUID(), template: i}); found[p] == nil {
			found[p] = &Workload{Object: l.top, Template: i, ManagedBy: l.managedBy}
		}
	}
}

func refTo(obj *unstructured.Unstructured) *metav1.OwnerReference {
	return &metav1.OwnerReference{APIVersion: obj.GetAPIVersion(), Kind: obj.GetKind(), Name: obj.GetName(),
		UID: obj.GetUID()}
}

func (c *Controllers) addPod(ctx context.Context, found map[part]*Workload, pod *corev1.Pod) {
	l := c.descent(ctx, pod, nil)
	p := part{uid: pod.UID}
	if l.top != nil {
		p = part{uid: l.top.GetUID(), template: c.madeFrom(l.top, pod)}
	}
	if p.template < 0 { // none of the present ones
		l = lineage{managedBy: object.Name(l.top.GetKind(), l.top)}
	}
	if ref := metav1.GetControllerOf(pod); ref != nil && l.top == nil {
		p = part{uid: ref.UID, images: imagesOf(pod)} // an owner without a template, or one that can't be read
	}
	w := found[p]
	if w == nil {
		w = &Workload{Object: l.top, Template: p.template, ManagedBy: l.managedBy}
		if l.top == nil {
			w.Object = bare(pod)
		}
		found[p] = w
	}
	w.Pods = append(w.Pods, pod)
	newer := w.Sample == nil || w.Sample.CreationTimestamp.Before(&pod.CreationTimestamp)
	if l.current && newer && pod.DeletionTimestamp == nil && l.top != nil {
		w.Sample = pod
	}
}

// madeFrom is the index of the template that a pod was made from: the only one, or else the one of those that select
// its nodes which shares most containers with it. It is -1 where there is none.
func (c *Controllers) madeFrom(top *unstructured.Unstructured, pod *corev1.Pod) int {
	if c.templatesOf(top) == 1 {
		return 0
	}
	best, most, narrowest := -1, 0, 0
	for i, t := range c.opts.Templates(top) {
		shared, selectors := sharedContainers(&t.Spec, &pod.Spec), len(t.Spec.NodeSelector)
		selects := labels.SelectorFromSet(t.Spec.NodeSelector).Matches(labels.Set(pod.Spec.NodeSelector))
		if selects && (shared > most || shared > 0 && shared == most && selectors > narrowest) {
			best, most, narrowest = i, shared, selectors
		}
	}
	return best
}

// sharedContainers counts containers of the same image, those of the same name twice.
func sharedContainers(a, b *corev1.PodSpec) (shared int) {
	others := slices.Concat(b.InitContainers, b.Containers)
	for _, c := range slices.Concat(a.InitContainers, a.Containers) {
		if slices.ContainsFunc(others, func(d corev1.Container) bool { return d.Image == c.Image }) {
			shared++
		}
		if slices.ContainsFunc(others, func(d corev1.Container) bool { return d.Image == c.Image && d.Name == c.Name }) {
			shared++
		}
	}
	return shared
}

func imagesOf(pod *corev1.Pod) string {
	var all []string
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		all = append(all, c.Image)
	}
	return strings.Join(all, " ")
}

// bare is a pod that nothing makes again, or whose owner has no template: it is judged as it is, but for its node.
func bare(pod *corev1.Pod) *unstructured.Unstructured {
	pod = pod.DeepCopy()
	pod.ManagedFields, pod.Spec.NodeName, pod.Status = nil, "", corev1.PodStatus{}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil { // a pod is made of what JSON has
		panic("workloads: a pod does not convert: " + err.Error())
	}
	obj := &unstructured.Unstructured{Object: fields}
	obj.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
	return obj
}

// sample takes from a pod what came after its admission: its node, the claims that a StatefulSet gave to it alone, and
// the node that a DaemonSet bound it to.
func sample(top *unstructured.Unstructured, template *corev1.PodTemplateSpec, pod *corev1.Pod) *corev1.Pod {
	pod = pod.DeepCopy()
	pod.ManagedFields, pod.Status, pod.Spec.NodeName = nil, corev1.PodStatus{}, template.Spec.NodeName
	switch top.GetKind() {
	case "DaemonSet":
		pod.Spec.Affinity = template.Spec.Affinity
	case "StatefulSet":
		own := func(v corev1.Volume) bool {
			return v.PersistentVolumeClaim != nil && !slices.ContainsFunc(template.Spec.Volumes,
				func(w corev1.Volume) bool { return w.Name == v.Name })
		}
		pod.Spec.Volumes = slices.DeleteFunc(pod.Spec.Volumes, own)
	}
	return pod
}
