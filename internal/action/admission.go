package action

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
)

// admission asks the API server what it makes of workloads and of their pods, in dry runs: it adds what RuntimeClasses,
// namespaces, limits, policies, webhooks and other managers of fields say.
type admission struct {
	client    kubernetes.Interface
	objects   dynamic.Interface
	namespace string // of objects that name none
	manager   string
	set       []*unstructured.Unstructured

	lock sync.Mutex
	pods map[*unstructured.Unstructured]*corev1.Pod
	// refusals are the server's words, by the object whose pods it refuses.
	refusals map[*unstructured.Unstructured]error
	// missing is why the server could not be asked.
	missing error
}

func (d *deploy) newAdmission() (*admission, error) {
	client, err := kubernetes.NewForConfig(d.cluster.Config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	objects, err := dynamic.NewForConfig(d.cluster.Config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	return &admission{
		client: client, objects: objects, namespace: cmp.Or(d.cluster.Namespace, metav1.NamespaceDefault),
		manager: d.config.FieldManager, set: d.unstructured(),
		pods:     map[*unstructured.Unstructured]*corev1.Pod{},
		refusals: map[*unstructured.Unstructured]error{},
	}, nil
}

// admit returns the pods that the server would make of the manifests, and reports those that it would not.
func (d *deploy) admit(ctx context.Context) (map[*unstructured.Unstructured]*corev1.Pod, error) {
	a, err := d.newAdmission()
	if err != nil {
		return nil, err
	}
	a.ask(ctx, d.unstructured())
	d.find(d.located(a.findings())...)
	return a.pods, nil
}

// admissionWorkers is how many workloads are asked about at a time.
const admissionWorkers = 8

// ask asks about the pods of objects. Of those of a namespace that is yet to be made nothing is known, and what the
// server says of the objects themselves is for the preview to report.
func (a *admission) ask(ctx context.Context, objects []*unstructured.Unstructured) {
	ctx, cancel := context.WithTimeoutCause(ctx, snapshotTimeout, fmt.Errorf("no answer within %s", snapshotTimeout))
	defer cancel()
	var group errgroup.Group
	group.SetLimit(admissionWorkers)
	for _, obj := range objects {
		if _, _, makesPods := placement.PodTemplate(obj); makesPods {
			group.Go(func() error {
				pod, err := a.pod(ctx, obj)
				a.note(obj, pod, err)
				return nil
			})
		}
	}
	_ = group.Wait() // nobody returns one
}

func (a *admission) note(obj *unstructured.Unstructured, pod *corev1.Pod, err error) {
	a.lock.Lock()
	defer a.lock.Unlock()
	switch {
	case err == nil:
		a.pods[obj] = pod
	case apierrors.IsNotFound(err), apierrors.IsInvalid(err), strings.Contains(err.Error(), "exceeded quota"),
		a.brings(err):
	case apierrors.IsForbidden(err) && !lacksRight(err), strings.Contains(err.Error(), "denied the request"):
		a.refusals[obj] = err
	default:
		a.missing = err
	}
}

// lacksRight distinguishes a refusal by roles from one by admission, which are of the same status.
func lacksRight(err error) bool { return strings.Contains(err.Error(), "cannot create resource") }

// brings reports whether the refusal names something that this deploy brings itself, such as a service account.
func (a *admission) brings(err error) bool {
	for _, obj := range a.set {
		switch obj.GetKind() {
		case "ServiceAccount", "RuntimeClass", "PriorityClass", "Secret", "LimitRange", "Namespace":
			text := err.Error()
			if strings.Contains(text, `"`+obj.GetName()+`"`) || strings.Contains(text, "/"+obj.GetName()+":") {
				return true
			}
		}
	}
	return false
}

// pod is what the server would make of a pod of the object.
func (a *admission) pod(ctx context.Context, obj *unstructured.Unstructured) (*corev1.Pod, error) {
	merged := a.merged(ctx, obj)
	template, path, ok := placement.PodTemplate(merged)
	if !ok {
		return nil, fmt.Errorf("%s has no pod template", object.ID(obj.GroupVersionKind(), obj))
	}
	pod := &corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	if len(path) == 0 && merged != obj { // a pod itself, and the server has judged it
		pod.Spec.NodeName, _, _ = unstructured.NestedString(obj.Object, "spec", "nodeName") // not where it happens to run
		return pod, nil
	}
	pod.Name, pod.GenerateName, pod.Namespace = "", obj.GetName()+"-", cmp.Or(obj.GetNamespace(), a.namespace)
	return a.client.CoreV1().Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
}

// workloadKinds are those whose resource is known without asking.
var workloadKinds = map[schema.GroupKind]string{
	{Group: "apps", Kind: "Deployment"}:  "deployments",
	{Group: "apps", Kind: "StatefulSet"}: "statefulsets",
	{Group: "apps", Kind: "DaemonSet"}:   "daemonsets",
	{Group: "apps", Kind: "ReplicaSet"}:  "replicasets",
	{Group: "batch", Kind: "Job"}:        "jobs",
	{Group: "batch", Kind: "CronJob"}:    "cronjobs",
	{Kind: "Pod"}:                        "pods",
}

// merged is the object as a server-side apply would leave it, or the object itself where that can't be had.
func (a *admission) merged(ctx context.Context, obj *unstructured.Unstructured) *unstructured.Unstructured {
	if answer, err := a.apply(ctx, obj); err == nil && answer != nil {
		return answer
	}
	return obj
}

func (a *admission) apply(ctx context.Context, obj *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	gvk := obj.GroupVersionKind()
	resource, known := workloadKinds[gvk.GroupKind()]
	if !known {
		return nil, nil
	}
	return a.objects.Resource(gvk.GroupVersion().WithResource(resource)).Namespace(cmp.Or(obj.GetNamespace(),
		a.namespace)).
		Apply(ctx, obj.GetName(), obj, metav1.ApplyOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: a.manager,
			Force: true})
}

// findings are an error for each workload whose pods the server refuses, and an info where it could not be asked.
func (a *admission) findings() []finding.Finding {
	var all []finding.Finding
	for _, obj := range a.set {
		if err := a.refusals[obj]; err != nil {
			gvk := obj.GroupVersionKind()
			all = append(all, finding.Finding{
				Code: finding.ApplyRejected, Severity: finding.Error, Object: object.ID(gvk, obj),
				Message: fmt.Sprintf("%s would have no pods, since the API server refuses them: %s.", object.Name(gvk.Kind, obj),
					finding.WithoutPodName(err.Error())),
				Fix: "Correct what the server names.",
			})
		}
	}
	if a.missing != nil {
		all = append(all, finding.Finding{
			Code: finding.PlanIncomplete, Severity: finding.Info,
			Message: fmt.Sprintf("The plan judges pods as the manifests have them, not as the API server would make them: %v.",
				a.missing),
			Fix: "Grant create on pods, with which the server is asked in a dry run: see docs/rbac.yaml.",
		})
	}
	return all
}

// refusedPatches asks about what the plan has patched. A patch that the server contradicts is no way out.
func (d *deploy) refusedPatches(ctx context.Context, verdicts []placement.Verdict) ([]finding.Finding, error) {
	a, err := d.newAdmission()
	if err != nil {
		return nil, err
	}
	var all []finding.Finding
	for _, v := range verdicts {
		if !v.Patched {
			continue
		}
		_, err := a.apply(ctx, v.Object)
		if !apierrors.IsInvalid(err) {
			pod, err2 := a.pod(ctx, v.Object)
			a.note(v.Object, pod, err2)
			err = a.refusals[v.Object]
		}
		if err != nil {
			all = append(all, d.refusedPatch(v, err))
		}
	}
	return all, nil
}

func (d *deploy) refusedPatch(v placement.Verdict, err error) finding.Finding {
	gvk := v.Object.GroupVersionKind()
	f := finding.Finding{
		Code: finding.ApplyRejected, Severity: finding.Error, Object: object.ID(gvk, v.Object),
		Message: fmt.Sprintf("%s can't have the patch of arch-policy %s: %v.", object.Name(gvk.Kind, v.Object),
			d.config.ArchPolicy, err),
		Fix: "Change what contradicts it, or build the images for the nodes that the pod is bound to.",
	}
	if gvk.Kind == "Job" || gvk.Kind == "Pod" {
		f.Fix = "The pods of a " + gvk.Kind + " that exists can't be changed. Delete it, or give it another name."
	}
	return f
}
