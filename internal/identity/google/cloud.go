package google

import "github.com/multiarch-deploy/multiarch-deploy/internal/identity"

var _ identity.Cloud = (*Account)(nil)

// Provider implements identity.Cloud.
func (a *Account) Provider() identity.Provider { return identity.ProviderGKE }

// Advice implements identity.Cloud.
func (a *Account) Advice() identity.Advice {
	return identity.Advice{
		Unreachable: "a private cluster, or one with authorized networks, can't be reached by GitHub's own runners by its " +
			"address: set endpoint to dns, " +
			"which gcloud container clusters update --enable-dns-access opens, or to connect-gateway, or run the job on a " +
			"self-hosted runner in the cluster's network",
		Unauthorized: "the cluster does not take this identity's token; where gcp-service-account is empty, give one: not " +
			"each part of Google Cloud knows the job itself",
		Forbidden: "grant the identity roles/container.developer in the cluster's project, or less: " +
			"roles/container.clusterViewer, and in the cluster the roles of docs/rbac.yaml",
	}
}
