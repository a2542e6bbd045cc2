package apply

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
)

var serviceKind = schema.GroupKind{Kind: "Service"}

// keptHeadless is an error where the manifest no longer says that a Service is headless, and the API server would keep
// it so without a word: it takes an update without clusterIP for one that means the same as before.
// See patchAllocatedValues of k8s.io/kubernetes/pkg/registry/core/service/storage.
func (r *run) keptHeadless(t *item, after *unstructured.Unstructured) error {
	ip := func(u *unstructured.Unstructured) string {
		text, _, _ := unstructured.NestedString(u.Object, "spec", "clusterIP")
		return text
	}
	if t.Key().GroupKind != serviceKind || t.live == nil || ip(t.desired) != "" || ip(after) != "None" {
		return nil
	}
	_, ours, _ := unstructured.NestedMap(ownership.Owned(t.live, r.opts.FieldManager), "f:spec", "f:clusterIP")
	if !ours && t.migration == nil {
		return nil
	}
	return apierrors.NewInvalid(serviceKind, t.Name, field.ErrorList{
		field.Invalid(field.NewPath("spec", "clusterIP"), "", "may not change once set"),
	})
}
