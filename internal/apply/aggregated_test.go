package apply_test

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

const aggregatedRoles = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: tests-sellers}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {tests: aggregated}}]}
rules: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: tests-sell, labels: {tests: aggregated}}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
`

func TestApply_leaves_the_rules_of_an_aggregated_role_to_the_control_plane(t *testing.T) {
	must(t, aggregatedRoles, apply.DefaultOptions())
	aggregated := func() bool {
		role := live(t, "clusterroles.v1.rbac.authorization.k8s.io", "", "tests-sellers")
		rules, _, _ := unstructured.NestedSlice(role.Object, "rules")
		return len(rules) == 1
	}
	for !aggregated() {
		time.Sleep(50 * time.Millisecond)
	}
	for _, c := range must(t, aggregatedRoles, apply.DefaultOptions()) {
		same(t, change.Unchanged, c.Action)
	}
	same(t, true, aggregated())

	own := `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: tests-sellers}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {tests: aggregated}}]}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
`
	_, findings, err := applier(t, server(t)).Apply(t.Context(), manifests(t, own), apply.DefaultOptions())
	same(t, nil, err)
	same(t, []finding.Finding{{
		Code: finding.ApplyConflict, Severity: finding.Warning,
		Object: "rbac.authorization.k8s.io/v1 ClusterRole tests-sellers",
		Message: "ClusterRole tests-sellers: its rules are not applied, since it has an aggregationRule too: the control " +
			"plane sets the rules of such a role to those of the roles that it selects.",
		Fix: "Remove rules from the manifest; put them into a ClusterRole with the labels that aggregationRule selects.",
	}}, findings)
	same(t, true, aggregated())
}
