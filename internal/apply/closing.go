package apply

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// closing is what is reported at the end of a deploy, or of a plan.
func (r *run) closing(set change.Set) []finding.Finding {
	return slices.Concat(r.warnings, r.unproven(), r.deployedByOthers(), r.imageFindings(set))
}

// deployedByOthers reports, once for each, the tools that deploy objects of this set too.
func (r *run) deployedByOthers() []finding.Finding {
	objects := map[string][]string{}
	var order []string
	for _, t := range r.items {
		for _, tool := range t.tools {
			if objects[tool] == nil {
				order = append(order, tool)
			}
			objects[tool] = append(objects[tool], t.String())
		}
	}
	var findings []finding.Finding
	for _, tool := range order {
		findings = append(findings, finding.Finding{
			Code: finding.ApplyConflict, Severity: finding.Warning,
			Message: fmt.Sprintf("%s deploys these objects too, and each of the two will undo what the other changes: %s.",
				tool, strings.Join(objects[tool], ", ")),
			Fix: fmt.Sprintf("Let one of them deploy each object. To stay with this action, remove the objects from %s without "+
				"deleting them, and name its field manager once in take-over-from.", tool),
		})
	}
	return findings
}

// imageFindings reports the images of what the run has applied, or in a plan would apply, that nobody foresaw.
func (r *run) imageFindings(set change.Set) []finding.Finding {
	var findings []finding.Finding
	for i, c := range set {
		t, ok := r.byKey[c.Ref.Key()]
		if !ok || c.After == nil {
			continue
		}
		set[i].OtherImages = change.OtherImages(t.desired, c.After, r.opts.Foreseen)
		for _, image := range set[i].OtherImages {
			findings = append(findings, image.Finding(c.Object, t.String()))
		}
	}
	return findings
}
