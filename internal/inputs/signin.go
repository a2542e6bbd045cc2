package inputs

import (
	"regexp"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/azure"
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

func (p *parser) azure() Azure {
	return Azure{
		ClientID:       p.text("azure-client-id"),
		TenantID:       p.text("azure-tenant-id"),
		SubscriptionID: p.text("azure-subscription-id"),
		Environment:    choice[azure.Environment](p, "azure-environment"),
	}
}

// signIn checks the inputs that only make sense together.
func (p *parser) signIn(c Config) {
	switch {
	case c.Provider == identity.ProviderAKS:
		p.aks(c)
	case c.Provider == identity.ProviderGKE:
		p.gke(c)
	case (c.Azure.ClientID == "") != (c.Azure.TenantID == ""):
		p.problem("azure-client-id and azure-tenant-id go together; only one of them was given")
	}
	if c.Provider != identity.ProviderGKE &&
		(c.Endpoint == identity.EndpointDNS || c.Endpoint == identity.EndpointConnectGateway) {
		p.problem("endpoint: %s is for provider gke", c.Endpoint)
	}
	if c.Provider != identity.ProviderKubeconfig && (c.Kubeconfig != "" || c.KubeContext != "") {
		p.problem("kubeconfig and kube-context are for provider kubeconfig; provider %s asks the cloud for the cluster's "+
			"address", c.Provider)
	}
}

// aks names all that is missing at once.
func (p *parser) aks(c Config) {
	needed := [][2]string{{"azure-client-id", c.Azure.ClientID}, {"azure-tenant-id", c.Azure.TenantID},
		{"cluster", c.Cluster}}
	if !strings.HasPrefix(c.Cluster, "/") {
		needed = append(needed, [2]string{"resource-group", c.ResourceGroup},
			[2]string{"azure-subscription-id", c.Azure.SubscriptionID})
	}
	p.together("provider aks", needed)
	if strings.Contains(c.Cluster, "/") && !resourceForm.MatchString(c.Cluster) {
		p.problem("cluster: %q is neither a name nor "+
			"/subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.ContainerService/managedClusters/NAME, "+
			"which `az aks show --query id` prints", c.Cluster)
	}
}

// resourceForm is a cluster's resource ID. Azure takes capitals for small letters in it, and writes them one way or the
// other.
var resourceForm = regexp.MustCompile(`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ContainerService/managedClusters/[^/]+$`)

// together is a problem that names the inputs which a provider or a builder needs and which were left out.
func (p *parser) together(what string, needed [][2]string) {
	var missing []string
	for _, input := range needed {
		if input[1] == "" {
			missing = append(missing, input[0])
		}
	}
	if len(missing) > 0 {
		p.problem("%s also needs %s", what, strings.Join(missing, ", "))
	}
}
