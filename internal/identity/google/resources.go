package google

// cluster is what GKE tells of one, as far as it is needed here.
// https://docs.cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters
type cluster struct {
	// Endpoint is an IP address, or the DNS name where addresses are off.
	Endpoint   string `json:"endpoint"`
	MasterAuth struct {
		// ClusterCaCertificate is PEM in base64.
		ClusterCaCertificate string `json:"clusterCaCertificate"`
	} `json:"masterAuth"`
	PrivateClusterConfig struct {
		EnablePrivateEndpoint bool   `json:"enablePrivateEndpoint"`
		PrivateEndpoint       string `json:"privateEndpoint"`
	} `json:"privateClusterConfig"`
	MasterAuthorizedNetworksConfig enabled `json:"masterAuthorizedNetworksConfig"`
	// ControlPlaneEndpointsConfig replaces the fields above where it is told.
	ControlPlaneEndpointsConfig struct {
		DNSEndpointConfig struct {
			Endpoint             string `json:"endpoint"`
			AllowExternalTraffic bool   `json:"allowExternalTraffic"`
		} `json:"dnsEndpointConfig"`
		IPEndpointsConfig *struct {
			Enabled                  bool    `json:"enabled"`
			EnablePublicEndpoint     bool    `json:"enablePublicEndpoint"`
			PublicEndpoint           string  `json:"publicEndpoint"`
			PrivateEndpoint          string  `json:"privateEndpoint"`
			AuthorizedNetworksConfig enabled `json:"authorizedNetworksConfig"`
		} `json:"ipEndpointsConfig"`
	} `json:"controlPlaneEndpointsConfig"`
	Fleet struct {
		// Membership is //gkehub.googleapis.com/projects/P/locations/L/memberships/M, or "" outside a fleet.
		Membership string `json:"membership"`
	} `json:"fleet"`
}

type enabled struct {
	Enabled bool `json:"enabled"`
}

// membership is a cluster in a fleet.
// https://docs.cloud.google.com/kubernetes-engine/fleet-management/docs/reference/rest/v1/projects.locations.memberships
type membership struct {
	Endpoint struct {
		// GkeCluster is nil for a cluster outside Google Cloud.
		GkeCluster *struct{} `json:"gkeCluster"`
	} `json:"endpoint"`
}

// project is what the Resource Manager tells of one.
// https://docs.cloud.google.com/resource-manager/reference/rest/v3/projects
type project struct {
	// Name is projects/NUMBER.
	Name string `json:"name"`
}
