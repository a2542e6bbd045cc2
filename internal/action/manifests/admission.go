package manifests

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/multiarch-deploy/multiarch-deploy/internal/admission"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// Refusals are those of the workloads whose pods the server would refuse.
func (m Manifests) Refusals(a admission.Answer, namespace string) (all []finding.Diagnosis) {
	if len(a.Refused) == 0 {
		return nil
	}
	for _, o := range m.Objects {
		for _, t := range template.Of(o.Unstructured) {
			if err := a.Refused[template.KeyOf(o.Unstructured, t)]; err != nil {
				gvk := o.GroupVersionKind()
				refused := finding.RefusedPods(object.ID(gvk, o), object.Name(gvk.Kind, o),
					cmp.Or(o.GetNamespace(), namespace), err.Error())
				if pods.Asleep(o.Unstructured) {
					refused.Finding.Severity = finding.Warning
					refused.Finding.Message += " It makes none before it is scaled up or let go on."
				}
				all = append(all, refused)
			}
		}
	}
	return all
}

// Unasked says once that pods are judged by their manifests, and why.
func (m Manifests) Unasked(a admission.Answer) []finding.Finding {
	var names, reasons []string
	right := false
	if len(a.Unasked) == 0 {
		return nil
	}
	for _, o := range m.Objects {
		for _, t := range template.Of(o.Unstructured) {
			err := a.Unasked[template.KeyOf(o.Unstructured, t)]
			if err == nil {
				continue
			}
			names = append(names, object.Name(o.GetKind(), o))
			reasons = append(reasons, whyUnasked(err))
			right = right || strings.Contains(err.Error(), "cannot create resource")
		}
	}
	if len(names) == 0 {
		return nil
	}
	names, reasons = slices.Compact(names), slices.Compact(slices.Sorted(slices.Values(reasons)))
	f := finding.Finding{
		Code: finding.PlanIncomplete, Severity: finding.Info,
		Message: fmt.Sprintf("The plan judges the pods of %s as the manifests have them, with what RuntimeClasses, "+
			"PriorityClasses, namespaces and LimitRanges add; what webhooks and policies add is not known: %s.",
			finding.Few(names), finding.Few(reasons)),
	}
	if right {
		f.Fix = "Grant create on pods, with which the server is asked in a dry run: see docs/rbac.yaml."
	}
	if len(a.Unread) > 0 {
		f.Message += " It may not list " + platform.Conjoin(a.Unread) + "."
		f.Fix = cmp.Or(f.Fix, "Grant list on these: see docs/rbac.yaml.")
	}
	return []finding.Finding{f}
}

// whyUnasked puts in words why the server can't be asked about a pod.
func whyUnasked(err error) string {
	text := strings.TrimSuffix(finding.WithoutPodName(err.Error()), ".")
	if apierrors.IsNotFound(err) && strings.HasPrefix(text, "namespaces ") {
		return "their namespace is yet to be made"
	}
	return text
}
