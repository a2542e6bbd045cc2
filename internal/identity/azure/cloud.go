package azure

import "github.com/multiarch-deploy/multiarch-deploy/internal/identity"

var _ identity.Cloud = (*Account)(nil)

// Provider implements identity.Cloud.
func (a *Account) Provider() identity.Provider { return identity.ProviderAKS }

// Advice implements identity.Cloud.
func (a *Account) Advice() identity.Advice {
	return identity.Advice{
		Unreachable: "a private cluster, or one with authorized IP ranges, can't be reached by GitHub's own runners: run " +
			"the job on a self-hosted runner in the cluster's network, " +
			"or let the runner's address in with az aks update --api-server-authorized-ip-ranges, or, where a private " +
			"cluster has a public FQDN too, set endpoint to public",
		Unauthorized: "the cluster takes no tokens of this Entra tenant; compare azure-tenant-id with az aks show --query " +
			"aadProfile.tenantId",
		Forbidden: "give the identity the roles of docs/rbac.yaml, bound to the object ID of its service principal",
	}
}
