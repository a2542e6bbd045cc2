package agreement

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

// probing are the labels of pods that are no workload's.
var probing = map[string]string{"app": "probe"}

func (w *world) pods(ctx context.Context, space string) ([]corev1.Pod, error) {
	list, err := w.client.CoreV1().Pods(space).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// clear deletes all pods of a namespace.
func (w *world) clear(t *testing.T, space string) {
	t.Helper()
	empty := 0
	wait(t, "the pods go", func(ctx context.Context) bool {
		pods, err := w.pods(ctx, space)
		if err != nil || len(pods) > 0 {
			empty = 0
			_ = w.client.CoreV1().Pods(space).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: new(int64)},
				metav1.ListOptions{})
			return false
		}
		empty++ // a controller whose cache is behind could add one
		return empty > 3
	})
}

// probe makes a pod of the workload for each node, alone there, and returns where the scheduler let it in. What the
// plan sees apart, relations to other pods and taints that pass, is left out. The error is that admission refuses the
// pod.
func (w *world) probe(t *testing.T, s subject, nodes []corev1.Node) (map[string]bool, error) {
	t.Helper()
	taken := map[string]bool{}
	if !s.shared && !s.each {
		return taken, w.probeAll(t, s, nodes, taken)
	}
	for i := range nodes { // one after the other, since where a volume is made says where others can be
		w.provide(t, s)
		if err := w.probeAll(t, s, nodes[i:i+1], taken); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

func (w *world) probeAll(t *testing.T, s subject, nodes []corev1.Node, taken map[string]bool) error {
	t.Helper()
	space := s.object.GetNamespace()
	defer w.withdraw(t, s)
	defer w.clear(t, space)
	for _, n := range nodes {
		pod := probeOf(s, n)
		_, err := w.client.CoreV1().Pods(space).Create(t.Context(), pod, metav1.CreateOptions{})
		if err != nil {
			return err
		}
	}
	wait(t, "the scheduler decides about each node", func(ctx context.Context) bool {
		pods, err := w.pods(ctx, space)
		for _, p := range pods {
			taken[strings.TrimPrefix(p.Name, "probe-")] = p.Spec.NodeName != ""
		}
		return err == nil && len(pods) == len(nodes) && !slices.ContainsFunc(pods, undecided)
	})
	return nil
}

// probeOf is a pod of the workload that is for a node.
func probeOf(s subject, n corev1.Node) *corev1.Pod {
	pod := &corev1.Pod{Spec: *template.Of(s.object)[0].Spec.DeepCopy(),
		ObjectMeta: metav1.ObjectMeta{Name: "probe-" + n.Name, Namespace: s.object.GetNamespace(), Labels: probing}}
	pod.Spec.TopologySpreadConstraints = nil
	if pod.Spec.Affinity != nil {
		pod.Spec.Affinity.PodAntiAffinity, pod.Spec.Affinity.PodAffinity = nil, nil
	}
	if s.each {
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: fresh, VolumeSource: claimSource(fresh)})
	}
	pod.Spec.Tolerations = append(pod.Spec.Tolerations, tolerating(passing(n))...)
	bindTo(&pod.Spec, n.Name)
	return pod
}

// undecided: the scheduler has yet to look at the pod, or did so before its claim was made.
func undecided(p corev1.Pod) bool {
	return !slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodScheduled && (c.Status == corev1.ConditionTrue ||
			!strings.Contains(c.Message, "persistentvolumeclaim"))
	})
}

// bindTo adds a node's name to what is required of nodes. An empty term matches none, and stays as it is.
func bindTo(spec *corev1.PodSpec, name string) {
	if spec.Affinity == nil {
		spec.Affinity = &corev1.Affinity{}
	}
	if spec.Affinity.NodeAffinity == nil {
		spec.Affinity.NodeAffinity = &corev1.NodeAffinity{}
	}
	required := spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	only := corev1.NodeSelectorRequirement{Key: "metadata.name", Operator: corev1.NodeSelectorOpIn, Values: []string{name}}
	if required == nil {
		required = &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{
			{MatchFields: []corev1.NodeSelectorRequirement{only}}}}
		spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution = required
		return
	}
	for i := range required.NodeSelectorTerms {
		if term := &required.NodeSelectorTerms[i]; len(term.MatchExpressions)+len(term.MatchFields) > 0 {
			term.MatchFields = append(term.MatchFields, only)
		}
	}
}

// deployed is what became of a workload.
type deployed struct {
	pods    []corev1.Pod
	wanted  int  // by its controller
	limited bool // by a quota
}

func (d deployed) pending() int {
	return len(slices.DeleteFunc(slices.Clone(d.pods), func(p corev1.Pod) bool { return p.Spec.NodeName != "" }))
}

// deploy makes the workload, and waits until its controller has made its pods, and the scheduler has decided about
// each.
func (w *world) deploy(t *testing.T, s subject) deployed {
	t.Helper()
	var d deployed
	obj, space := runnable(s.object), s.object.GetNamespace()
	if s.shared {
		w.provide(t, s)
	}
	made, err := w.apply(t, obj)
	if err != nil && (strings.Contains(err.Error(), byQuota) || apierrors.IsInvalid(err)) {
		return deployed{wanted: 1, limited: true}
	}
	must(t, err)
	if s.scaler != nil {
		_, err = w.apply(t, s.scaler)
		must(t, err)
	}
	again := false
	what := "the pods of " + obj.GetKind() + " " + obj.GetName() + " are scheduled or not"
	wait(t, what, func(ctx context.Context) bool {
		if d.wanted, err = w.aim(ctx, obj); err != nil || d.wanted < 0 ||
			s.scaler != nil && !w.scaled(ctx, s.scaler, int64(d.wanted)) {
			return false
		}
		if d.pods, err = w.pods(ctx, space); err != nil || slices.ContainsFunc(d.pods, undecided) {
			return false
		}
		d.limited = len(d.pods) < d.wanted && w.refused(ctx, made)
		if len(d.pods) != d.wanted && !d.limited {
			return false
		}
		if !s.shared || again || d.pending() == 0 || obj.GetKind() == "Pod" {
			return true
		}
		w.recreate(ctx, d.pods) // the first pod's volume was not there yet when the scheduler looked at them
		again = true
		return false
	}, func() string { return fmt.Sprintf("%d are wanted\n%s", d.wanted, statesOf(d.pods)) })
	return d
}

// statesOf says what pods wait for.
func statesOf(pods []corev1.Pod) string {
	var all []string
	for _, p := range pods {
		for _, c := range p.Status.Conditions {
			if c.Type == corev1.PodScheduled {
				all = append(all, fmt.Sprintf("%s %q %s: %s", p.Name, p.Spec.NodeName, c.Status, c.Message))
			}
		}
	}
	return strings.Join(all, "\n")
}

// recreate deletes the pods that have found no node. Their controller makes others, and the scheduler looks at these.
func (w *world) recreate(ctx context.Context, pods []corev1.Pod) {
	for _, p := range pods {
		if p.Spec.NodeName == "" {
			_ = w.client.CoreV1().Pods(p.Namespace).Delete(ctx, p.Name,
				metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &p.UID}, GracePeriodSeconds: new(int64)})
		}
	}
}

// byQuota is in what the server says of pods that a quota forbids: "exceeded quota", and "failed quota" for those that
// do not say how much they need.
const byQuota = " quota: "

func (w *world) apply(t *testing.T, obj *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	t.Helper()
	return w.resource(obj).Apply(t.Context(), obj.GetName(), obj, metav1.ApplyOptions{FieldManager: manager})
}

// manager is whose fields the workloads are.
const manager = "agreement"

// runnable is the object whose pods are made now: a CronJob's Job, as kubectl create job --from makes it.
func runnable(obj *unstructured.Unstructured) *unstructured.Unstructured {
	if obj.GetKind() != "CronJob" {
		return obj
	}
	job := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "batch/v1", "kind": "Job"}}
	job.SetName(obj.GetName())
	job.SetNamespace(obj.GetNamespace())
	job.SetLabels(obj.GetLabels())
	spec, _, _ := unstructured.NestedMap(obj.Object, "spec", "jobTemplate", "spec")
	job.Object["spec"] = spec
	return job
}

// aim is how many pods the controller wants, or -1 while it has not seen the object.
func (w *world) aim(ctx context.Context, obj *unstructured.Unstructured) (int, error) {
	now, err := w.resource(obj).Get(ctx, obj.GetName(), metav1.GetOptions{})
	if err != nil {
		return 0, err
	}
	number := func(path ...string) int64 {
		n, _, _ := unstructured.NestedInt64(now.Object, path...)
		return n
	}
	switch obj.GetKind() {
	case "Pod":
		return 1, nil
	case "Job":
		return int(number("spec", "parallelism")), nil
	case "DaemonSet":
		if number("status", "observedGeneration") == 0 {
			return -1, nil
		}
		return int(number("status", "desiredNumberScheduled")), nil
	}
	return int(number("spec", "replicas")), nil
}

// refused: the quota kept the controller, a Deployment's by way of its ReplicaSet, from making a pod.
func (w *world) refused(ctx context.Context, made *unstructured.Unstructured) bool {
	sets, err := w.client.AppsV1().ReplicaSets(made.GetNamespace()).List(ctx, metav1.ListOptions{})
	if err != nil {
		return false
	}
	makers := []types.UID{made.GetUID()}
	for _, set := range sets.Items {
		makers = append(makers, set.UID)
	}
	events, err := w.client.CoreV1().Events(made.GetNamespace()).List(ctx,
		metav1.ListOptions{FieldSelector: "reason=FailedCreate"})
	return err == nil && slices.ContainsFunc(events.Items, func(e corev1.Event) bool {
		return slices.Contains(makers, e.InvolvedObject.UID) && strings.Contains(e.Message, byQuota)
	})
}

// remove deletes what deploy has made.
func (w *world) remove(t *testing.T, s subject) {
	t.Helper()
	obj := runnable(s.object)
	err := w.resource(obj).Delete(t.Context(), obj.GetName(),
		metav1.DeleteOptions{PropagationPolicy: new(metav1.DeletePropagationBackground)})
	if err != nil && !apierrors.IsNotFound(err) { // the quota kept it out
		t.Fatal(err)
	}
	must(t, w.client.AppsV1().ReplicaSets(s.object.GetNamespace()).DeleteCollection(t.Context(), metav1.DeleteOptions{},
		metav1.ListOptions{}))
	if s.scaler != nil {
		must(t, w.resource(s.scaler).Delete(t.Context(), s.scaler.GetName(), metav1.DeleteOptions{}))
	}
	w.clear(t, s.object.GetNamespace())
	w.withdraw(t, s)
}

func (w *world) resource(obj *unstructured.Unstructured) dynamic.ResourceInterface {
	plural, _ := meta.UnsafeGuessKindToResource(obj.GroupVersionKind())
	if obj.GetNamespace() == "" {
		return w.objects.Resource(plural)
	}
	return w.objects.Resource(plural).Namespace(obj.GetNamespace())
}

// limit makes a quota, or none, the only one of the workloads' namespaces.
func (w *world) limit(t *testing.T, quota *corev1.ResourceQuota) {
	t.Helper()
	for _, q := range w.quotas {
		must(t, w.client.CoreV1().ResourceQuotas(q.Namespace).Delete(t.Context(), q.Name, metav1.DeleteOptions{}))
		wait(t, "admission forgets the quota", func(ctx context.Context) bool { return !w.limits(ctx, q.Namespace) })
	}
	if w.quotas = nil; quota == nil {
		return
	}
	quotas := w.client.CoreV1().ResourceQuotas(quota.Namespace)
	_, err := quotas.Create(t.Context(), quota, metav1.CreateOptions{})
	must(t, err)
	wait(t, "the quota is counted, and admission knows it", func(ctx context.Context) bool {
		now, err := quotas.Get(ctx, quota.Name, metav1.GetOptions{})
		if err != nil || len(now.Status.Hard) == 0 {
			return false
		}
		if counts(now.Status.Used) { // what a controller has made late, or what is gone already
			w.clear(t, quota.Namespace)
			return false
		}
		w.quotas = []corev1.ResourceQuota{*now}
		return w.limits(ctx, quota.Namespace)
	})
}

func counts(used corev1.ResourceList) bool {
	pods, cpu := used[corev1.ResourcePods], used[corev1.ResourceRequestsCPU]
	return pods.Sign()+cpu.Sign() > 0
}

// forbidden is what each quota allows none of, so that one can see whether admission knows the quota.
const forbidden = "count/configmaps"

func (w *world) limits(ctx context.Context, space string) bool {
	config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "another"}}
	_, err := w.client.CoreV1().ConfigMaps(space).Create(ctx, config, metav1.CreateOptions{DryRun: []string{"All"}})
	return err != nil && strings.Contains(err.Error(), byQuota)
}

// run makes the workload with images that the registry has, and waits until all pods that have a node run, or have done
// their work.
func (w *world) run(t *testing.T, s subject) {
	t.Helper()
	s.object = w.pullable(t, s.object)
	d := w.deploy(t, s)
	defer w.remove(t, s)
	if failing := w.runs(t, s, d); failing != "" {
		t.Errorf("%s: after the fix a pod fails: %s", s.object.GetName(), failing)
	}
}

// runs waits until all pods that have a node run, or one fails, and returns of what.
func (w *world) runs(t *testing.T, s subject, d deployed) (failing string) {
	t.Helper()
	var names []types.UID
	for _, p := range d.pods {
		if p.Spec.NodeName != "" {
			names = append(names, p.UID)
		}
	}
	wait(t, "the pods of "+s.object.GetName()+" run", func(ctx context.Context) bool {
		pods, err := w.pods(ctx, s.object.GetNamespace())
		if err != nil {
			return false
		}
		good := 0
		for _, p := range pods {
			if slices.Contains(names, p.UID) && works(p) {
				good++
			}
			if failing = failure(p); failing != "" {
				return true
			}
		}
		return good == len(names)
	})
	return failing
}

// works: the pod's probe, which starts its program, has succeeded, or it has ended well.
func works(p corev1.Pod) bool {
	return p.Status.Phase == corev1.PodSucceeded || slices.ContainsFunc(p.Status.Conditions,
		func(c corev1.PodCondition) bool { return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue })
}

// failure is what a container of the pod fails of.
func failure(p corev1.Pod) string {
	for _, c := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
		if s := c.State.Waiting; s != nil && slices.Contains([]string{"ErrImagePull", "ImagePullBackOff", "CrashLoopBackOff",
			"CreateContainerError", "RunContainerError"}, s.Reason) {
			return p.Spec.NodeName + ": " + s.Reason + ": " + s.Message
		}
		if s := c.State.Terminated; s != nil && s.ExitCode != 0 {
			return p.Spec.NodeName + ": " + s.Reason + ": " + s.Message
		}
	}
	return ""
}

// pullable is the object with images of the registry, and with a probe for what does not end.
func (w *world) pullable(t *testing.T, obj *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	text, err := obj.MarshalJSON()
	must(t, err)
	real := &unstructured.Unstructured{}
	must(t, real.UnmarshalJSON([]byte(strings.ReplaceAll(string(text), `"`+unreachable, `"`+w.registry))))
	path := template.Of(real)[0].Path
	if real.GetKind() == "Job" || real.GetKind() == "CronJob" {
		return real
	}
	containers, _, err := unstructured.NestedSlice(real.Object, append(slices.Clone(path), "containers")...)
	must(t, err)
	for _, c := range containers {
		c.(map[string]any)["readinessProbe"] = map[string]any{"periodSeconds": int64(1),
			"exec": map[string]any{"command": []any{"/app"}}}
	}
	must(t, unstructured.SetNestedSlice(real.Object, containers, append(slices.Clone(path), "containers")...))
	return real
}
