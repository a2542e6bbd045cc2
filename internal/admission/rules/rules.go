// Package rules adds to a pod what the API server's own admission would add, for pods that the server can't be asked
// about: what RuntimeClasses, PriorityClasses, namespaces and LimitRanges say. It looks at values only.
package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Rules are what is known of a cluster's admission. What is missing adds nothing.
type Rules struct {
	RuntimeClasses  []nodev1.RuntimeClass
	PriorityClasses []schedulingv1.PriorityClass
	LimitRanges     []corev1.LimitRange
	Namespaces      []corev1.Namespace
}

// With returns the rules once objects were applied: theirs go before the cluster's.
func (r Rules) With(objects []*unstructured.Unstructured) Rules {
	for _, obj := range objects {
		kind := obj.GroupVersionKind().GroupKind()
		switch kind {
		case schema.GroupKind{Group: "node.k8s.io", Kind: "RuntimeClass"}:
			r.RuntimeClasses = before(r.RuntimeClasses, obj)
		case schema.GroupKind{Group: "scheduling.k8s.io", Kind: "PriorityClass"}:
			r.PriorityClasses = before(r.PriorityClasses, obj)
		case schema.GroupKind{Kind: "LimitRange"}:
			r.LimitRanges = before(r.LimitRanges, obj)
		case schema.GroupKind{Kind: "Namespace"}:
			r.Namespaces = before(r.Namespaces, obj)
		}
	}
	return r
}

// before puts an object in front of a list. One that does not parse is left out: the server will name the field at
// fault.
func before[T any](list []T, obj *unstructured.Unstructured) []T {
	var value T
	if runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &value) != nil {
		return list
	}
	return append([]T{value}, list...)
}

// Admit returns the pod with what the rules add to it. The error is that the server would refuse it, in its words.
func (r Rules) Admit(pod *corev1.Pod) (*corev1.Pod, error) {
	pod = pod.DeepCopy()
	requestLimits(&pod.Spec)
	r.limit(pod)
	r.prioritize(pod)
	r.tolerate(pod)
	if err := r.selectNodes(pod); err != nil {
		return nil, err
	}
	return pod, r.runtime(pod)
}

// runtime adds where the pods of a RuntimeClass run, and what they need besides
// (https://github.com/kubernetes/kubernetes, plugin/pkg/admission/runtimeclass).
func (r Rules) runtime(pod *corev1.Pod) error {
	name := pod.Spec.RuntimeClassName
	if name == nil || *name == "" {
		return nil
	}
	at := slices.IndexFunc(r.RuntimeClasses, func(c nodev1.RuntimeClass) bool { return c.Name == *name })
	if at < 0 {
		return nil // it may be one that may not be read
	}
	class := r.RuntimeClasses[at]
	if class.Overhead != nil && pod.Spec.Overhead == nil {
		pod.Spec.Overhead = class.Overhead.PodFixed
	}
	if class.Scheduling == nil {
		return nil
	}
	selector := maps.Clone(class.Scheduling.NodeSelector)
	for key, value := range pod.Spec.NodeSelector {
		if other, both := selector[key]; both && other != value {
			return fmt.Errorf("conflict: runtimeClass.scheduling.nodeSelector[%s] = %s; pod.spec.nodeSelector[%[1]s] = %[3]s",
				key, other, value)
		}
	}
	pod.Spec.NodeSelector = merged(pod.Spec.NodeSelector, selector)
	pod.Spec.Tolerations = append(slices.Clip(pod.Spec.Tolerations), class.Scheduling.Tolerations...)
	return nil
}

// The annotations of a namespace that PodNodeSelector and PodTolerationRestriction follow
// (https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/).
const (
	nodeSelector       = "scheduler.alpha.kubernetes.io/node-selector"
	defaultTolerations = "scheduler.alpha.kubernetes.io/defaultTolerations"
)

func (r Rules) annotation(namespace, key string) string {
	for _, n := range r.Namespaces {
		if n.Name == namespace {
			return n.Annotations[key]
		}
	}
	return ""
}

func (r Rules) selectNodes(pod *corev1.Pod) error {
	selector, err := labels.ConvertSelectorToLabelsMap(r.annotation(pod.Namespace, nodeSelector))
	if err != nil {
		return nil // the server would refuse every pod, in words of its own
	}
	if labels.Conflicts(selector, pod.Spec.NodeSelector) {
		return fmt.Errorf("pod node label selector conflicts with its namespace node label selector")
	}
	pod.Spec.NodeSelector = merged(pod.Spec.NodeSelector, selector)
	return nil
}

func (r Rules) tolerate(pod *corev1.Pod) {
	var added []corev1.Toleration
	text := r.annotation(pod.Namespace, defaultTolerations)
	if text == "" || json.Unmarshal([]byte(text), &added) != nil {
		return
	}
	pod.Spec.Tolerations = append(slices.Clip(pod.Spec.Tolerations), added...)
}

func merged(own, added map[string]string) map[string]string {
	if len(added) == 0 {
		return own
	}
	all := maps.Clone(added)
	maps.Copy(all, own)
	return all
}

// prioritize sets the number behind a priority's name
// (https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/).
func (r Rules) prioritize(pod *corev1.Pod) {
	if pod.Spec.Priority != nil {
		return
	}
	if value, ok := systemPriorities[pod.Spec.PriorityClassName]; ok {
		pod.Spec.Priority = &value
		return
	}
	for _, class := range r.PriorityClasses {
		if class.Name == pod.Spec.PriorityClassName || pod.Spec.PriorityClassName == "" && class.GlobalDefault {
			pod.Spec.Priority = &class.Value
			if pod.Spec.PreemptionPolicy == nil {
				pod.Spec.PreemptionPolicy = class.PreemptionPolicy
			}
			return
		}
	}
}

// systemPriorities are of classes that every cluster has.
var systemPriorities = map[string]int32{
	"system-cluster-critical": 2000000000,
	"system-node-critical":    2000001000,
}
