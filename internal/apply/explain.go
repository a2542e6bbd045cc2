package apply

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// refusal is a fault of an object that this package found itself.
type refusal struct{ why, fix string }

func (e *refusal) Error() string { return e.why }

// explain says what the API server has against an object, and what to do about it.
func explain(t *target, err error) finding.Finding {
	if fields := conflicts(err); len(fields) > 0 {
		return explainConflict(t, fields)
	}
	return rejected(t, reason(err), remedyFor(t, err))
}

func rejected(t *target, why, fix string) finding.Finding {
	return finding.Finding{
		Code: finding.ApplyRejected, Severity: finding.Error, Object: t.id(),
		Message: t.name() + ": " + why, Fix: fix,
	}
}

// reason is the server's own words; of an invalid object, the fields at fault without the preamble.
func reason(err error) string {
	if !apierrors.IsInvalid(err) || len(causes(err)) == 0 {
		return goValue.ReplaceAllString(untyped.ReplaceAllString(err.Error(), ""), "")
	}
	var faults []string
	for _, c := range causes(err) {
		faults = append(faults, strings.TrimPrefix(c.Field+": "+c.Message, ": "))
	}
	return strings.Join(faults, "; ")
}

func unnamed(t *target) finding.Finding {
	f := rejected(t, "", "Give it a name. (generateName works with kubectl create only.)")
	f.Message = fmt.Sprintf("%s without a name: what has no metadata.name can't be applied", t.desired.GetKind())
	return f
}

func duplicate(t *target) finding.Finding {
	return rejected(t, "it is there twice in the manifests", "Remove one of the two: the one applied last would win, by chance.")
}

// unserved explains a kind that the API server does not have.
func (r *run) unserved(ctx context.Context, t *target, err error) finding.Finding {
	if !meta.IsNoMatchError(err) {
		return rejected(t, err.Error(), "Check apiVersion and kind.")
	}
	gvk := t.desired.GroupVersionKind()
	why := fmt.Sprintf("the cluster has no kind %q in %q", gvk.Kind, gvk.GroupVersion())
	if other, err := r.mapper.RESTMappingWithContext(ctx, gvk.GroupKind()); err == nil {
		return rejected(t, why, "The cluster serves it as apiVersion: "+other.GroupVersionKind.GroupVersion().String())
	}
	return rejected(t, why, "Install the CustomResourceDefinition first, or add it to the kustomization; or check apiVersion and kind for typos.")
}
