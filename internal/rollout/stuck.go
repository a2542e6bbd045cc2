package rollout

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout/streams"
)

// blocks returns the applied StatefulSet that waits for a pod of an earlier revision which is not ready. With pod
// management OrderedReady its controller replaces no pod before that, so that a broken one stays for ever:
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
func (tr *tracker) blocks(p *trackedPod) *trackedObject {
	ref := metav1.GetControllerOf(p.Pod)
	if ref == nil || ref.Kind != "StatefulSet" || object.IsReady(p.Pod) {
		return nil
	}
	owner := tr.owners[ref.UID]
	if owner == nil {
		return nil
	}
	t := tr.objects[object.KeyOf(owner)]
	policy, _, _ := unstructured.NestedString(owner.Object, "spec", "podManagementPolicy")
	if t == nil || t.ifFresh() == nil || policy == "Parallel" || object.OfCurrentRevision(p.Pod, owner) {
		return nil
	}
	return t
}

// isStuck reports whether a pod of the object is one that blocks it.
func (t *trackedObject) isStuck(p *trackedPod) bool {
	return t.last.GetKind() == "StatefulSet" && !object.OfCurrentRevision(p.Pod, t.last)
}

// replaceStuck deletes the pods that block a StatefulSet and are known to be in trouble, so that its controller makes
// them anew, and says so.
func (tr *tracker) replaceStuck(ctx context.Context, client dynamic.Interface) error {
	for t, all := range tr.byWorkload() {
		for _, p := range all {
			if !t.isStuck(p) || p.diagnosis.Finding == nil || p.deleted {
				continue
			}
			p.deleted = true
			uid := p.UID
			err := client.Resource(streams.Pods).Namespace(p.Namespace).Delete(ctx, p.Name,
				metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})
			if apierrors.IsForbidden(err) {
				tr.opts.Progress(progress.Message{Text: fmt.Sprintf(
					"Pod %s/%s keeps %s from being replaced, and may not be deleted: grant the verb delete on pods", p.Namespace,
					p.Name, t.name)})
				continue
			}
			if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
				return fmt.Errorf("Pod %s/%s: deleting it, since %s waits for it: %w", p.Namespace, p.Name, t.name, err)
			}
			tr.opts.Progress(progress.Message{Text: fmt.Sprintf(
				"deleted Pod %s/%s: it is of an earlier revision and not ready, and %s replaces no pod before it is", p.Namespace,
				p.Name, t.name)})
		}
	}
	return nil
}
