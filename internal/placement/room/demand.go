package room

import (
	"cmp"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// demand is what a workload asks of the cluster.
type demand struct {
	Workload
	pods    int           // in the end
	most    int           // that its autoscaler may ask for
	old     []*corev1.Pod // that make room for them
	apart   bool          // each pod has a fate of its own: it neither waits for the one before, nor fits like it
	daemon  bool          // one per node
	kept    []*corev1.Pod // that a DaemonSet leaves on their nodes
	rolling rolling       // how they are replaced
}

// The kinds of which it is known how they make pods.
var (
	podKind                   = schema.GroupKind{Kind: "Pod"}
	replicationControllerKind = schema.GroupKind{Kind: "ReplicationController"}
	deploymentKind            = schema.GroupKind{Group: "apps", Kind: "Deployment"}
	replicaSetKind            = schema.GroupKind{Group: "apps", Kind: "ReplicaSet"}
	statefulSetKind           = schema.GroupKind{Group: "apps", Kind: "StatefulSet"}
	daemonSetKind             = schema.GroupKind{Group: "apps", Kind: "DaemonSet"}
	jobKind                   = schema.GroupKind{Group: "batch", Kind: "Job"}
	cronJobKind               = schema.GroupKind{Group: "batch", Kind: "CronJob"}
	autoscalerKind            = schema.GroupKind{Group: autoscalingv2.GroupName, Kind: "HorizontalPodAutoscaler"}
)

func kindOf(obj *unstructured.Unstructured) schema.GroupKind {
	return obj.GroupVersionKind().GroupKind()
}

// demandOf reads how a workload makes pods. What it replaces are its pods that run now; a Job or a pod that is there
// stays as it is. Other kinds, those of the same name in another group too, ask for nothing.
func demandOf(w Workload, pods []corev1.Pod, scalers scalers) demand {
	d := demand{Workload: w, old: ownedBy(w.Object, pods)}
	switch kindOf(w.Object) {
	case deploymentKind:
		d.pods = replicas(w.Object, len(d.old))
		d.rolling = rollingOf(w.Object, d.pods)
	case statefulSetKind:
		d.pods, d.rolling.inOrder = replicas(w.Object, len(d.old)), true
		_, claims, _ := unstructured.NestedFieldNoCopy(w.Object.Object, "spec", "volumeClaimTemplates")
		d.apart = claims && text(w.Object, "spec", "podManagementPolicy") == "Parallel"
		if replacedByHand(w.Object) {
			d.pods, d.old = max(0, d.pods-len(d.old)), nil
		}
	case daemonSetKind:
		d.daemon, d.apart = true, true
		d.rolling.onEach = share(w.Object, len(d.old), true, "updateStrategy", "maxSurge", "0") > 0
		if replacedByHand(w.Object) {
			d.kept, d.old = d.old, nil
		}
	case replicaSetKind, replicationControllerKind:
		d.pods, d.old = max(0, replicas(w.Object, len(d.old))-len(d.old)), nil // nobody replaces their pods
	case jobKind:
		d.pods = parallel(w.Object, len(d.old), "spec")
	case cronJobKind:
		d.pods = parallel(w.Object, 0, "spec", "jobTemplate", "spec")
	case podKind:
		d.pods = 1 - min(1, len(d.old))
	}
	if s, ok := scalers[keyOf(w.Object)]; ok && d.pods > 0 {
		d.pods, d.most = s.within(cmp.Or(len(d.old), d.pods)), s.most
	}
	if w.Unchanged {
		d.rolling = rolling{}
	}
	d.pods = max(0, d.pods) // the server refuses others
	return d
}

// replacedByHand: the old pods of a StatefulSet or DaemonSet stay until somebody deletes them.
func replacedByHand(obj *unstructured.Unstructured) bool {
	return text(obj, "spec", "updateStrategy", "type") == "OnDelete"
}

// replicas are those of the object; without any, as many as run now, and 1 for a new one.
func replicas(obj *unstructured.Unstructured, running int) int {
	if n, ok := number(obj, "spec", "replicas"); ok {
		return n
	}
	return cmp.Or(running, 1)
}

// parallel is how many pods of a job run at a time: none of one that is suspended, or there already.
func parallel(obj *unstructured.Unstructured, running int, path ...string) int {
	suspended, _, _ := unstructured.NestedBool(obj.Object, append(path, "suspend")...)
	outer, _, _ := unstructured.NestedBool(obj.Object, "spec", "suspend")
	if suspended || outer || running > 0 {
		return 0
	}
	parallelism, ok := number(obj, append(path, "parallelism")...)
	if !ok {
		parallelism = 1
	}
	if completions, ok := number(obj, append(path, "completions")...); ok {
		return min(parallelism, completions)
	}
	return parallelism
}

// rollingOf reads how a Deployment replaces its pods. The defaults and the rounding are its controller's
// (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment).
func rollingOf(obj *unstructured.Unstructured, pods int) rolling {
	if text(obj, "spec", "strategy", "type") == "Recreate" {
		return rolling{}
	}
	r := rolling{extra: share(obj, pods, true, "strategy", "maxSurge", "25%"),
		lost: share(obj, pods, false, "strategy", "maxUnavailable", "25%")}
	if r == (rolling{}) {
		r.lost = 1
	}
	return r
}

func share(obj *unstructured.Unstructured, pods int, up bool, strategy, field, byDefault string) int {
	value := intstr.Parse(byDefault)
	set, found, _ := unstructured.NestedFieldNoCopy(obj.Object, "spec", strategy, "rollingUpdate", field)
	if s, ok := set.(string); found && ok {
		value = intstr.FromString(s)
	} else if n, ok := number(obj, "spec", strategy, "rollingUpdate", field); ok {
		value = intstr.FromInt32(int32(n))
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(&value, pods, up)
	if err != nil {
		return 1 // the server refuses it
	}
	return n
}

// ownedBy returns the workload's pods that take room now.
func ownedBy(obj *unstructured.Unstructured, pods []corev1.Pod) []*corev1.Pod {
	selector := labels.Everything()
	if found, ok, _ := unstructured.NestedMap(obj.Object, "spec", "selector", "matchLabels"); ok {
		set := labels.Set{}
		for key, value := range found {
			set[key], _ = value.(string)
		}
		selector = set.AsSelector()
	}
	var all []*corev1.Pod
	for i := range pods {
		p := &pods[i]
		if p.Namespace == obj.GetNamespace() && isOf(p, obj) && selector.Matches(labels.Set(p.Labels)) &&
			p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed {
			all = append(all, p)
		}
	}
	return all
}

// isOf reports whether the object made the pod, a Deployment by way of a ReplicaSet that is named after both.
func isOf(p *corev1.Pod, obj *unstructured.Unstructured) bool {
	owner := metav1.GetControllerOfNoCopy(p)
	switch {
	case kindOf(obj) == podKind:
		return p.Name == obj.GetName()
	case owner == nil:
		return false
	case kindOf(obj) == deploymentKind:
		return schema.FromAPIVersionAndKind(owner.APIVersion, owner.Kind).GroupKind() == replicaSetKind &&
			owner.Name == obj.GetName()+"-"+p.Labels["pod-template-hash"]
	}
	return schema.FromAPIVersionAndKind(owner.APIVersion, owner.Kind).GroupKind() == kindOf(obj) &&
		owner.Name == obj.GetName()
}

// scalers are what HorizontalPodAutoscalers allow, by what they scale.
type scalers map[objectKey]scaler

type scaler struct{ least, most int }

// within is how many pods there will be of those that run now, whose number an apply leaves to the autoscaler, or that
// a new object asks for.
func (s scaler) within(pods int) int { return min(max(s.least, pods), s.most) }

type objectKey struct {
	kind            schema.GroupKind
	namespace, name string
}

func keyOf(obj *unstructured.Unstructured) objectKey {
	return objectKey{kindOf(obj), obj.GetNamespace(), obj.GetName()}
}

// scalersOf returns the autoscalers once the objects are applied: those go before the cluster's.
func scalersOf(running []autoscalingv2.HorizontalPodAutoscaler, objects []*unstructured.Unstructured) scalers {
	all := scalers{}
	for _, a := range running {
		all.add(a)
	}
	for _, obj := range objects {
		var a autoscalingv2.HorizontalPodAutoscaler // what is read of it is the same in all versions
		if kindOf(obj) == autoscalerKind && runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &a) == nil {
			all.add(a)
		}
	}
	return all
}

func (s scalers) add(a autoscalingv2.HorizontalPodAutoscaler) {
	least, target := 1, a.Spec.ScaleTargetRef
	if a.Spec.MinReplicas != nil {
		least = int(*a.Spec.MinReplicas)
	}
	kind := schema.FromAPIVersionAndKind(target.APIVersion, target.Kind).GroupKind()
	s[objectKey{kind, a.Namespace, target.Name}] = scaler{least, int(a.Spec.MaxReplicas)}
}

func text(obj *unstructured.Unstructured, path ...string) string {
	value, _, _ := unstructured.NestedString(obj.Object, path...)
	return value
}

// number reads an integer of a file, which may have been parsed as a float.
func number(obj *unstructured.Unstructured, path ...string) (int, bool) {
	switch n, _, _ := unstructured.NestedFieldNoCopy(obj.Object, path...); n := n.(type) {
	case int64:
		return int(n), true
	case float64:
		return int(n), true
	case int:
		return n, true
	}
	return 0, false
}
