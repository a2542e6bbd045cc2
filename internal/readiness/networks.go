package readiness

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Gateways, routes and certificates.

// gateway waits for an address besides its conditions: https://gateway-api.sigs.k8s.io/reference/spec/#gatewaystatus.
func gateway(u *unstructured.Unstructured) Status {
	if s := unclaimed(u); s.State == InProgress || s.Message != "" {
		return s
	}
	if len(object.Items(u, "status", "addresses")) == 0 {
		return Status{InProgress, "no controller has given it an address"}
	}
	return Status{State: Unjudged}
}

// unclaimed knows the conditions that the CRD itself sets by default, which say that no controller has looked yet.
func unclaimed(u *unstructured.Unstructured) Status {
	c := object.ConditionOf(u, "Accepted")
	if c.Status == "Unknown" && (c.Reason == "Pending" || c.Reason == "Waiting") {
		return Status{InProgress, NoController}
	}
	return Status{State: Unjudged}
}

// NoController is the message of an object whose kind reports at once that no controller has taken it.
const NoController = "no controller has taken it"

// routeParents waits for the first gateway that reports: https://gateway-api.sigs.k8s.io/reference/spec/#routestatus.
func routeParents(u *unstructured.Unstructured) Status {
	parents, wanted := object.Items(u, "status", "parents"), object.Items(u, "spec", "parentRefs")
	parents = slices.DeleteFunc(parents, func(parent map[string]any) bool { return !isParent(u, parent) })
	if len(parents) < min(1, len(wanted)) {
		return Status{InProgress, NoController}
	}
	for _, parent := range parents {
		accepted := false
		for _, c := range object.ConditionsAt(parent, "conditions") {
			accepted = accepted || c.Type == "Accepted" && c.Status == "True"
		}
		if !accepted {
			return Status{InProgress, "a gateway has not accepted it"}
		}
	}
	return Status{State: Unjudged}
}

// isParent reports whether a route still names the parent that an entry of its status is about: entries of parents that
// left the spec may stay.
func isParent(u *unstructured.Unstructured, entry map[string]any) bool {
	ref, _ := entry["parentRef"].(map[string]any)
	wanted := object.Items(u, "spec", "parentRefs")
	return ref == nil || len(wanted) == 0 || slices.ContainsFunc(wanted, func(w map[string]any) bool {
		for _, field := range []string{"name", "sectionName", "port"} {
			if w[field] != ref[field] {
				return false
			}
		}
		return w["namespace"] == nil || ref["namespace"] == nil || w["namespace"] == ref["namespace"]
	})
}

func hasCondition(of map[string]any, kind string) bool {
	all := object.ConditionsAt(of, "conditions")
	return slices.ContainsFunc(all, func(c object.Condition) bool { return c.Type == kind })
}

// routeAdmitted: OpenShift's routers report in status.ingress.
func routeAdmitted(u *unstructured.Unstructured) Status {
	if len(object.Items(u, "status", "ingress")) == 0 {
		return Status{InProgress, "no router has admitted it"}
	}
	return Status{State: Unjudged}
}

// managedCertificate: https://cloud.google.com/kubernetes-engine/docs/how-to/managed-certs.
func managedCertificate(u *unstructured.Unstructured) Status {
	switch word := object.Text(u, "status", "certificateStatus"); word {
	case "Active":
		return Status{Ready, ""}
	case "ProvisioningFailedPermanently":
		return Status{Failed, "certificate status " + word}
	default:
		return Status{InProgress, "certificate status " + cmp.Or(word, "unknown")}
	}
}

// gloo reports a state for each controller, in a map or, formerly, as one: 0 pending, 1 accepted, 2 rejected, 3
// warning.
// https://docs.solo.io/gloo-edge/latest/reference/api/
func gloo(u *unstructured.Unstructured) Status {
	reports, _, _ := unstructured.NestedMap(u.Object, "status", "statuses")
	if len(reports) == 0 {
		reports = map[string]any{"": u.Object["status"]}
	}
	for _, report := range reports {
		report, _ := report.(map[string]any)
		switch state := fmt.Sprint(report["state"]); state {
		case "Accepted", "1":
		default:
			return Status{InProgress, fmt.Sprintf("state %s: %v", state, cmp.Or(fmt.Sprint(report["reason"]), "no reason"))}
		}
	}
	return Status{Ready, ""}
}
