package apply_test

import (
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

func TestConflict(t *testing.T) {
	opts := in(t, "conflict")
	theirs := opts
	theirs.FieldManager = "other-team"
	must(t, web("1", "hi"), theirs)

	set, findings := refused(t, server(t), web("2", "hello"), opts)
	same(t, apply.ChangeSet(nil), set)
	const fix = "Take the fields over with force-conflicts: true, or leave them to their owner: remove them from the manifest."
	same(t, []finding.Finding{
		{Code: finding.ApplyConflict, Severity: finding.Error, Object: "v1 ConfigMap conflict/web", Fix: fix,
			Message: `ConfigMap conflict/web: another manager owns what the manifest sets: .data.greeting is owned by "other-team".`},
		{Code: finding.ApplyConflict, Severity: finding.Error, Object: "apps/v1 Deployment conflict/web", Fix: fix,
			Message: `Deployment conflict/web: another manager owns what the manifest sets: .spec.template.spec.containers[name="web"].image is owned by "other-team".`},
	}, findings)

	opts.ForceConflicts = true
	same(t, []string{
		"configured apps/v1 Deployment conflict/web", "configured v1 Service conflict/web", "configured v1 ConfigMap conflict/web", "unchanged v1 ServiceAccount conflict/web",
	}, told(must(t, web("2", "hello"), opts)))
	same(t, any("hello"), field(live(t, "configmaps.v1.", "conflict", "web"), "data", "greeting"))
}

// Who comes from kubectl apply has to take over what it owns, and is told so.
func TestConflict_with_kubectl_apply(t *testing.T) {
	opts := in(t, "conflict-kubectl")
	theirs := opts
	theirs.FieldManager = "kubectl-client-side-apply"
	must(t, web("1", "hi"), theirs)

	_, findings := refused(t, server(t), web("2", "hi"), opts)
	same(t, []finding.Finding{{
		Code: finding.ApplyConflict, Severity: finding.Error, Object: "apps/v1 Deployment conflict-kubectl/web",
		Fix:     "kubectl apply deployed this before. Take it over with force-conflicts: true, once.",
		Message: `Deployment conflict-kubectl/web: another manager owns what the manifest sets: .spec.template.spec.containers[name="web"].image is owned by "kubectl-client-side-apply".`,
	}}, findings)
}
