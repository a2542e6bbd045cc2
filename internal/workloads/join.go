package workloads

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

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
	found := map[types.UID]*Workload{}
	for _, uid := range c.order {
		if obj := c.byUID[uid]; obj.GetKind() != "ReplicaSet" || !isOwned(obj, "Deployment") {
			c.add(ctx, found, obj)
		}
	}
	for _, pod := range living {
		c.addPod(ctx, found, pod)
	}
	for _, w := range found {
		all = append(all, *w)
	}
	slices.SortFunc(all, func(a, b Workload) int {
		return cmp.Or(cmp.Compare(a.Object.GetNamespace(), b.Object.GetNamespace()),
			cmp.Compare(a.Object.GetKind(), b.Object.GetKind()), cmp.Compare(a.Object.GetName(), b.Object.GetName()))
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

// add notes the workload that a controller belongs to.
func (c *Controllers) add(ctx context.Context, found map[types.UID]*Workload, obj *unstructured.Unstructured) {
	if obj.GetKind() == "ReplicaSet" { // only its metadata was read
		whole, err := c.owner(ctx, obj.GetNamespace(), refTo(obj))
		if err != nil {
			return
		}
		obj = whole
	}
	l := c.descent(ctx, obj, obj)
	if _, ok := c.opts.Template(l.top); ok && found[l.top.GetUID()] == nil {
		found[l.top.GetUID()] = &Workload{Object: l.top, ManagedBy: l.managedBy}
	}
}

func refTo(obj *unstructured.Unstructured) *metav1.OwnerReference {
	return &metav1.OwnerReference{APIVersion: obj.GetAPIVersion(), Kind: obj.GetKind(), Name: obj.GetName(),
		UID: obj.GetUID()}
}

func (c *Controllers) addPod(ctx context.Context, found map[types.UID]*Workload, pod *corev1.Pod) {
	l := c.descent(ctx, pod, nil)
	key := pod.UID
	if ref := metav1.GetControllerOf(pod); ref != nil {
		key = ref.UID // pods of an owner without a template, or that can't be read, are one workload
	}
	if l.top != nil {
		key = l.top.GetUID()
	}
	w := found[key]
	if w == nil {
		w = &Workload{Object: l.top, ManagedBy: l.managedBy}
		if l.top == nil {
			w.Object = bare(pod)
		}
		found[key] = w
	}
	w.Pods = append(w.Pods, pod)
	newer := w.Sample == nil || w.Sample.CreationTimestamp.Before(&pod.CreationTimestamp)
	if l.current && newer && pod.DeletionTimestamp == nil && l.top != nil {
		w.Sample = c.sample(l.top, pod)
	}
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
func (c *Controllers) sample(top *unstructured.Unstructured, pod *corev1.Pod) *corev1.Pod {
	template, ok := c.opts.Template(top)
	if !ok {
		return nil
	}
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
