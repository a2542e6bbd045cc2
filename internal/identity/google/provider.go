package google

import (
	"fmt"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
)

// provider is a workload identity pool's provider, taken apart.
type provider struct{ project, pool, id string }

// parseProvider takes a provider's full name apart, which inputs has checked.
func parseProvider(name string) provider {
	parts := strings.Split(name, "/")
	if len(parts) != 8 {
		return provider{}
	}
	return provider{project: parts[1], pool: parts[5], id: parts[7]}
}

// poolName is how IAM names the pool.
func (p provider) poolName() string {
	return fmt.Sprintf("projects/%s/locations/global/workloadIdentityPools/%s", p.project, p.pool)
}

// name is how IAM names the provider.
func (p provider) name() string { return p.poolName() + "/providers/" + p.id }

// stsAudience is how the Security Token Service names the provider.
// https://docs.cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
func (p provider) stsAudience() string { return "//iam.googleapis.com/" + p.name() }

// tokenAudience is the audience of ID tokens that a provider accepts when it names none of its own.
// https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers#Oidc
func (p provider) tokenAudience() string { return "https:" + p.stsAudience() }

// gcloud is a command on the provider, with the flags that find it.
func (p provider) gcloud(verb string, flags ...string) string {
	return googleapi.Command(append([]string{
		"gcloud iam workload-identity-pools providers " + verb + " " + p.id,
		"--workload-identity-pool=" + p.pool, "--location=global", "--project=" + p.project,
	}, flags...)...)
}

// member is how an IAM policy names the subject of the pool's tokens.
// https://docs.cloud.google.com/iam/docs/principal-identifiers
func (p provider) member(subject string) string {
	return fmt.Sprintf("principal://iam.googleapis.com/%s/subject/%s", p.poolName(), subject)
}
