package identity

// Advice says what to do when a cluster does not answer as it should. It depends on how the cluster is reached.
type Advice struct {
	// Unreachable is for an address that does not answer, Unauthorized for a cluster that does not know who asks, and
	// Forbidden for one that knows and refuses.
	Unreachable, Unauthorized, Forbidden string
}

// adviceFor returns the advice for a provider's clusters.
func adviceFor(provider string) Advice {
	switch provider {
	case ProviderAKS:
		return Advice{
			Unreachable: "a private cluster, or one with authorized IP ranges, can't be reached by GitHub's own runners: run the job on a self-hosted runner in the cluster's network, " +
				"or let the runner's address in with az aks update --api-server-authorized-ip-ranges, or, where a private cluster has a public FQDN too, set endpoint to public",
			Unauthorized: "the cluster takes no tokens of this Entra tenant; compare azure-tenant-id with az aks show --query aadProfile.tenantId",
			Forbidden:    "give the identity the roles of testdata/demo/rbac.yaml, bound to the object ID of its service principal",
		}
	case ProviderGKE:
		return Advice{
			Unreachable: "a private cluster, or one with authorized networks, can't be reached by GitHub's own runners by its address: set endpoint to dns, " +
				"which gcloud container clusters update --enable-dns-access opens, or to connect-gateway, or run the job on a self-hosted runner in the cluster's network",
			Unauthorized: "the cluster does not take this identity's token; where gcp-service-account is empty, give one: not each part of Google Cloud knows the job itself",
			Forbidden:    "grant the identity roles/container.developer in the cluster's project, or less: roles/container.clusterViewer, and in the cluster the roles of testdata/demo/rbac.yaml",
		}
	default:
		return Advice{
			Unreachable:  "check the address in the kubeconfig, and that this machine may connect to it",
			Unauthorized: "the cluster does not know these credentials: they may have expired; sign in again or give another kube-context",
			Forbidden:    "grant these credentials the roles of testdata/demo/rbac.yaml",
		}
	}
}
