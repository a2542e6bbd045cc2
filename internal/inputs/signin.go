package inputs

import (
	"regexp"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/azure"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/reader"
)

// Azure are the inputs of the sign-in to Azure.
type Azure struct {
	ClientID       string
	TenantID       string
	SubscriptionID string
	Environment    azure.Environment
}

// Given reports whether there is anything to sign in to Azure with.
func (a Azure) Given() bool { return a.ClientID != "" }

func (p parser) azure() Azure {
	return Azure{
		ClientID:       p.Text("azure-client-id"),
		TenantID:       p.Text("azure-tenant-id"),
		SubscriptionID: p.Text("azure-subscription-id"),
		Environment:    reader.Choice[azure.Environment](p.Reader, "azure-environment"),
	}
}

// signIn checks the inputs that only make sense together.
func (p parser) signIn(c Config) {
	switch {
	case c.Provider == identity.ProviderAKS:
		p.aks(c)
	case c.Provider == identity.ProviderGKE:
		p.gke(c)
	case (c.Azure.ClientID == "") != (c.Azure.TenantID == ""):
		p.Problem("azure-client-id and azure-tenant-id go together; only one of them was given")
	}
	if c.Provider != identity.ProviderGKE &&
		(c.Endpoint == identity.EndpointDNS || c.Endpoint == identity.EndpointConnectGateway) {
		p.Problem("endpoint: %s is for provider gke", c.Endpoint)
	}
	if c.Provider != identity.ProviderKubeconfig && (c.Kubeconfig != "" || c.KubeContext != "") {
		p.Problem("kubeconfig and kube-context are for provider kubeconfig; provider %s asks the cloud for the cluster's "+
			"address", c.Provider)
	}
}

// aks names all that is missing at once.
func (p parser) aks(c Config) {
	needed := [][2]string{{"azure-client-id", c.Azure.ClientID}, {"azure-tenant-id", c.Azure.TenantID},
		{"cluster", c.Cluster}}
	if !strings.HasPrefix(c.Cluster, "/") {
		needed = append(needed, [2]string{"resource-group", c.ResourceGroup},
			[2]string{"azure-subscription-id", c.Azure.SubscriptionID})
	}
	p.Together("provider aks", needed)
	if strings.Contains(c.Cluster, "/") && !resourceForm.MatchString(c.Cluster) {
		p.Problem("cluster: %q is neither a name nor "+
			"/subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.ContainerService/managedClusters/NAME, "+
			"which `az aks show --query id` prints", c.Cluster)
	}
}

// resourceForm is a cluster's resource ID. Azure takes capitals for small letters in it, and writes them one way or the
// other.
var resourceForm = regexp.MustCompile(`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ContainerService/managedClusters/[^/]+$`)
