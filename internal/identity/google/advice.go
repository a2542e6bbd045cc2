package google

import (
	"net/http"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
)

// adviseSTS is about the exchange of the ID token: the pool and its provider. The texts of the Security Token Service
// are no contract, so its codes decide as far as they go.
func (a *Account) adviseSTS(r *googleapi.Refusal) string {
	switch {
	case r.Reason == "invalid_target":
		return "There is no such provider, or it or its pool is disabled or deleted. gcp-workload-identity-provider takes " +
			"the project's number, and one of these names:\n" +
			googleapi.Command("gcloud iam workload-identity-pools providers list", "--workload-identity-pool="+a.provider.pool,
				"--location=global", "--project="+a.provider.project, "--format='value(name)'")
	case r.Reason == "unauthorized_client":
		return "The provider's attribute condition does not accept this job. Compare the condition with the claims below; " +
			"upper and lower case count:\n" +
			a.provider.gcloud("describe", "--format='value(attributeCondition)'")
	case strings.Contains(r.Message, "audience"):
		return "The provider accepts ID tokens for another audience alone. Let it accept the one that this action asks " +
			"for, beside those that it has:\n" +
			a.provider.gcloud("update-oidc", "--allowed-audiences="+a.provider.tokenAudience())
	case strings.Contains(r.Message, "issuer"):
		return "The provider trusts another issuer than the one that signs this job's ID tokens. Let it trust that one:\n" +
			a.provider.gcloud("update-oidc", "--issuer-uri="+r.Claims.Issuer)
	case strings.Contains(r.Message, "stale"), strings.Contains(r.Message, "expired"),
		strings.Contains(r.Message, "future"):
		return "The ID token was asked for a moment ago, so a clock is wrong: set this runner's by NTP"
	case strings.Contains(r.Message, "127 bytes"):
		return "An attribute that the provider maps is longer than 127 bytes. Map google.subject to a shorter claim:\n" +
			a.provider.gcloud("update-oidc", "--attribute-mapping=google.subject='assertion.repository + \":\" + assertion.ref'")
	}
	return "Compare the claims below with the provider:\n" + a.provider.gcloud("describe")
}

// adviseCredentials is about acting as the service account.
func (a *Account) adviseCredentials(r *googleapi.Refusal) string {
	if r.Status == http.StatusNotFound {
		return "There is no such service account. gcp-service-account takes one of these:\n" +
			googleapi.Command("gcloud iam service-accounts list", "--project="+accountProject(a.options.ServiceAccount),
				"--format='value(email)'")
	}
	return "The job may not act as the service account, or there is none. Grant it:\n" +
		googleapi.Command("gcloud iam service-accounts add-iam-policy-binding "+a.options.ServiceAccount,
			"--project="+accountProject(a.options.ServiceAccount),
			"--role=roles/iam.workloadIdentityUser", "--member='"+a.provider.member(r.Claims.Subject)+"'")
}

// adviseRole is about a role that the account lacks in the cluster's project.
func (a *Account) adviseRole(r *googleapi.Refusal) string {
	project := takeApart(a.options.Cluster).project
	switch {
	case r.Status == http.StatusForbidden:
		return "Grant the role; it takes some minutes to work:\n" +
			googleapi.Command("gcloud projects add-iam-policy-binding "+project, "--role="+role(r.Service),
				"--member='"+a.member(r.Claims.Subject)+"'")
	case r.Status == http.StatusNotFound && r.Service == hubHost:
		return "There is no such membership. Those of the fleet are:\n" +
			googleapi.Command("gcloud container fleet memberships list", "--project="+project)
	case r.Status == http.StatusNotFound:
		return "There is no such cluster. The project's are:\n" +
			googleapi.Command("gcloud container clusters list", "--project="+project)
	}
	return ""
}
