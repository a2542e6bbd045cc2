package apply_test

import (
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

func TestConflict(t *testing.T) {
	opts := in(t, "conflict")
	theirs := opts
	theirs.FieldManager = "other-team"
	must(t, web("1", "hi"), theirs)

	set, findings := refused(t, server(t), web("2", "hello"), opts)
	same(t, change.Set(nil), set)
	const fix = "Leave the fields to their owner: remove them from the manifest. Or take them over with " +
		"force-conflicts: true. " +
		"The value of \"other-team\" is lost then, unless it sets it again."
	for i, resource := range []string{"configmaps.v1.", "deployments.v1.apps"} { // written in different seconds, perhaps
		since := live(t, resource, "conflict", "web").GetManagedFields()[0].Time.UTC().Format("2006-01-02T15:04:05Z")
		findings[i].Message = strings.Replace(findings[i].Message, " since "+since, "", 1)
	}
	same(t, []finding.Finding{
		{Code: finding.ApplyConflict, Severity: finding.Error, Object: "v1 ConfigMap conflict/web", Fix: fix,
			Message: `ConfigMap conflict/web: another manager owns what the manifest sets: .data.greeting is owned by "other-team".`},
		{Code: finding.ApplyConflict, Severity: finding.Error, Object: "apps/v1 Deployment conflict/web", Fix: fix,
			Message: `Deployment conflict/web: another manager owns what the manifest sets: .spec.template.spec.containers[name="web"].image is owned by "other-team".`},
	}, findings)

	opts.ForceConflicts = true
	same(t, []string{
		"configured apps/v1 Deployment conflict/web", "configured v1 Service conflict/web",
		"configured v1 ConfigMap conflict/web", "unchanged v1 ServiceAccount conflict/web",
	}, told(must(t, web("2", "hello"), opts)))
	same(t, any("hello"), field(live(t, "configmaps.v1.", "conflict", "web"), "data", "greeting"))
}
