package manifests

import (
	"fmt"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/annotation"
)

// WrongAnnotations refuses annotations of this tool that it could not follow later.
func (m Manifests) WrongAnnotations() []finding.Finding {
	var findings []finding.Finding
	for _, o := range m.Objects {
		for _, p := range annotation.Check(o.Unstructured) {
			findings = append(findings, finding.Finding{
				Code: finding.AnnotationInvalid, Severity: finding.Error, Object: object.ID(o.GroupVersionKind(), o),
				Message: object.Name(o.GetKind(), o) + ": " + p.What + ".", Fix: p.Fix,
			})
		}
	}
	return findings
}

// Unplanned reports the objects that name images outside of pod templates: nobody knows what their controllers start.
func (m Manifests) Unplanned() []finding.Finding {
	var all []finding.Finding
	for _, o := range m.Objects {
		fields := template.Unplanned(o.Unstructured)
		if len(fields) == 0 {
			continue
		}
		gvk := o.GroupVersionKind()
		all = append(all, finding.Finding{
			Code: finding.PlanIncomplete, Severity: finding.Info, Object: object.ID(gvk, o),
			Message: fmt.Sprintf("%s names images that the plan does not look at, since they are in no pod template: %s.",
				object.Name(gvk.Kind, o), finding.Few(fields)),
			Fix: "See which nodes its controller chooses, and that these images run there.",
		})
	}
	return all
}
