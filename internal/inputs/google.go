package inputs

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
)

// Google are the inputs of the sign-in to Google Cloud.
type Google struct {
	// ProjectID is the project of a cluster that is given by name, and of Cloud Build's builds.
	ProjectID string
	// Provider is projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER.
	Provider string
	// ServiceAccount is the e-mail address of the account to act as; "" acts as the job itself.
	ServiceAccount string
}

// Given reports whether there is anything to sign in to Google Cloud with.
func (g Google) Given() bool { return g.Provider != "" }

// GKECluster is the full name of the cluster, or of the fleet membership, for provider gke.
func (c Config) GKECluster() string {
	if strings.Contains(c.Cluster, "/") {
		return c.Cluster
	}
	return fmt.Sprintf("projects/%s/locations/%s/clusters/%s", c.Google.ProjectID, c.Location, c.Cluster)
}

func (p parser) google() Google {
	g := Google{
		ProjectID: p.Text("gcp-project-id"),
		Provider: strings.TrimPrefix(strings.TrimPrefix(p.Text("gcp-workload-identity-provider"), "https:"),
			"//iam.googleapis.com/"),
		ServiceAccount: p.Text("gcp-service-account"),
	}
	if g.Given() {
		p.googleProvider(g.Provider)
	}
	if g.ServiceAccount != "" && !accountForm.MatchString(g.ServiceAccount) {
		p.Problem("gcp-service-account: %q is not the e-mail address of a service account; write "+
			"NAME@PROJECT.iam.gserviceaccount.com", g.ServiceAccount)
	}
	if !g.Given() && g.ServiceAccount != "" {
		p.Problem("gcp-service-account also needs gcp-workload-identity-provider, which the job signs in with first")
	}
	return g
}

var (
	providerForm = regexp.MustCompile(`^projects/([^/]+)/locations/global/workloadIdentityPools/([^/]+)(/providers/[^/]+)?$`)
	accountForm  = regexp.MustCompile(`^[^@]+@[^@]+\.gserviceaccount\.com$`)
	clusterForm  = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/(clusters|memberships|gkeMemberships)/[^/]+$`)
)

// googleProvider explains the two most frequent mistakes: the pool in place of its provider, and the project's ID in
// place of its number (https://github.com/google-github-actions/auth/blob/main/docs/TROUBLESHOOTING.md).
func (p parser) googleProvider(provider string) {
	parts := providerForm.FindStringSubmatch(provider)
	switch {
	case parts == nil:
		p.Problem("gcp-workload-identity-provider: %q is not a provider's full name; write "+
			"projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER", provider)
		return
	case parts[3] == "":
		p.Problem("gcp-workload-identity-provider: %q is a pool; name the provider in it too, "+
			"%s/providers/PROVIDER, one of: "+
			"gcloud iam workload-identity-pools providers list --workload-identity-pool=%s --location=global --project=%s",
			provider, provider, parts[2], parts[1])
	}
	if strings.Trim(parts[1], "0123456789") != "" {
		p.Problem("gcp-workload-identity-provider: %q is the project's ID, and its number is wanted: "+
			"projects/NUMBER/locations/...; it is printed by: "+
			"gcloud projects describe %[1]s --format='value(projectNumber)'", parts[1])
	}
}

// gke names all that is missing at once.
func (p parser) gke(c Config) {
	needed := [][2]string{{"gcp-workload-identity-provider", c.Google.Provider}, {"cluster", c.Cluster}}
	if !strings.Contains(c.Cluster, "/") {
		needed = append(needed, [2]string{"location", c.Location}, [2]string{"gcp-project-id", c.Google.ProjectID})
	}
	p.Together("provider gke", needed)
	form := clusterForm.FindStringSubmatch(c.Cluster)
	switch {
	case strings.Contains(c.Cluster, "/") && form == nil:
		p.Problem("cluster: %q is neither a name nor projects/PROJECT/locations/LOCATION/clusters/NAME", c.Cluster)
	case form != nil && form[1] != "clusters" && c.Endpoint != identity.EndpointConnectGateway:
		p.Problem("cluster: %q is a fleet membership, which has the endpoint connect-gateway alone", c.Cluster)
	}
}
