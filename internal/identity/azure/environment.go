package azure

import (
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// environment is what differs between Azure and its sovereign clouds.
type environment struct {
	cloud cloud.Configuration
	// audience is what a federated credential expects of the job's ID token
	// (https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust).
	audience string
	// registries is the suffix of the container registries' names
	// (https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure).
	registries string
}

// Environment names Azure, or one of its sovereign clouds.
type Environment string

// The environments. "" is Public too.
const (
	Public       Environment = "public"
	USGovernment Environment = "usgovernment"
	China        Environment = "china"
)

// environmentNamed returns what is to be known of an environment.
func environmentNamed(name Environment) environment {
	switch name {
	case USGovernment:
		return environment{cloud.AzureGovernment, "api://AzureADTokenExchangeUSGov", ".azurecr.us"}
	case China:
		return environment{cloud.AzureChina, "api://AzureADTokenExchangeChina", ".azurecr.cn"}
	default:
		return environment{cloud.AzurePublic, "api://AzureADTokenExchange", ".azurecr.io"}
	}
}

// The scopes of the tokens, the same in every cloud.
const (
	// clusterScope is that of the Entra application which AKS clusters let users in by
	// (https://azure.github.io/kubelogin/concepts/aks.html).
	clusterScope = "6dae42f8-4368-4678-94ff-3960e28e3630/.default"
	// registryScope is that of Azure Container Registry
	// (https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md).
	registryScope = "https://containerregistry.azure.net/.default"
)

// hasRegistry reports whether a host is a container registry of the environment.
func (e environment) hasRegistry(host string) bool { return strings.HasSuffix(host, e.registries) }
