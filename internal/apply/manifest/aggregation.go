package manifest

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

var clusterRoleKind = schema.GroupKind{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}

// YieldToAggregation leaves the rules of an aggregated ClusterRole to the control plane, which sets them to those of
// other ClusterRoles whatever a manifest says: an apply that sets them too, often to none, would conflict from the
// second time on. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
// The findings say which rules are not applied.
func YieldToAggregation(ref server.Ref, desired *unstructured.Unstructured) []finding.Finding {
	_, aggregated, _ := unstructured.NestedFieldNoCopy(desired.Object, "aggregationRule")
	rules, sets, _ := unstructured.NestedSlice(desired.Object, "rules")
	if !aggregated || !sets || ref.Key().GroupKind != clusterRoleKind {
		return nil
	}
	delete(desired.Object, "rules")
	if len(rules) == 0 {
		return nil
	}
	return []finding.Finding{{
		Code: finding.ApplyConflict, Severity: finding.Warning, Object: ref.ID(),
		Message: ref.String() + ": its rules are not applied, since it has an aggregationRule too: the control plane sets " +
			"the rules of such a role to those of the roles that it selects.",
		Fix: "Remove rules from the manifest; put them into a ClusterRole with the labels that aggregationRule selects.",
	}}
}
