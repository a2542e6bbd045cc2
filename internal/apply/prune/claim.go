package prune

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/definitions"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// prunable returns the live object if it is to be deleted, nil if it is gone or stays.
func (p Pass) prunable(ctx context.Context, t *leaver) (*unstructured.Unstructured, error) {
	live, err := p.Get(ctx, t.Ref)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if claim := p.claimed(ctx, live); claim != "" {
		p.Progress(progress.Message{Text: fmt.Sprintf("kept %s, which the manifests no longer have: %s", t, claim)})
		return nil, nil
	}
	return live, nil
}

// claimed says who or what, other than this deploy, may need the live object, "" for no one.
func (p Pass) claimed(ctx context.Context, live *unstructured.Unstructured) string {
	switch kind := live.GroupVersionKind().GroupKind(); kind.String() {
	case "Namespace", definitions.Kind.String():
		return "with it would go whatever others keep in it; delete it by hand if nothing else needs it"
	case "PersistentVolume", "PersistentVolumeClaim":
		return "with it would go the data; delete it by hand if no one needs them"
	}
	if claim := p.Holders.Elsewhere(ctx, live); claim != "" {
		return claim
	}
	if owners := live.GetOwnerReferences(); len(owners) > 0 {
		return fmt.Sprintf("it belongs to %s %s", owners[0].Kind, owners[0].Name)
	}
	for _, entry := range live.GetManagedFields() {
		applied := entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == ""
		if applied && entry.Manager != p.Manager {
			return fmt.Sprintf("field manager %q applies it too", entry.Manager)
		}
	}
	return ""
}
