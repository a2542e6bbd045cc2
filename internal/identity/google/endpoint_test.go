package google

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/container/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
)

func TestChoose(t *testing.T) {
	ca := []byte("CA")
	const (
		public  = `{"endpoint": "203.0.113.7", "masterAuth": {"clusterCaCertificate": "Q0E="}}`
		guarded = `{"endpoint": "203.0.113.7", "masterAuth": {"clusterCaCertificate": "Q0E="},
			"masterAuthorizedNetworksConfig": {"enabled": true}}`
		guardedWithDNS = `{"endpoint": "203.0.113.7", "masterAuth": {"clusterCaCertificate": "Q0E="}, "controlPlaneEndpointsConfig": {
			"dnsEndpointConfig": {"endpoint": "gke-1.europe-west1.gke.goog", "allowExternalTraffic": true},
			"ipEndpointsConfig": {"enabled": true, "enablePublicEndpoint": true, "publicEndpoint": "203.0.113.7", "privateEndpoint": "10.0.0.2",
				"authorizedNetworksConfig": {"enabled": true}}}}`
		private = `{"endpoint": "10.0.0.2", "masterAuth": {"clusterCaCertificate": "Q0E="},
			"privateClusterConfig": {"enablePrivateEndpoint": true, "privateEndpoint": "10.0.0.2"}}`
		onlyDNS = `{"endpoint": "gke-1.europe-west1.gke.goog", "masterAuth": {"clusterCaCertificate": "Q0E="}, "controlPlaneEndpointsConfig": {
			"dnsEndpointConfig": {"endpoint": "gke-1.europe-west1.gke.goog", "allowExternalTraffic": true}, "ipEndpointsConfig": {}}}`
		closedDNS = `{"endpoint": "203.0.113.7", "masterAuth": {"clusterCaCertificate": "Q0E="}, "controlPlaneEndpointsConfig": {
			"dnsEndpointConfig": {"endpoint": "gke-1.europe-west1.gke.goog"}}}`
	)
	for _, test := range []struct {
		name     string
		cluster  string
		endpoint string
		want     address
		err      string
	}{
		{"auto_takes_the_public_address", public, "auto", address{"203.0.113.7", ca}, ""},
		{"auto_takes_a_guarded_one_when_there_is_no_other", guarded, "auto", address{"203.0.113.7", ca}, ""},
		{"auto_takes_dns_before_a_guarded_address", guardedWithDNS, "auto", address{"gke-1.europe-west1.gke.goog", nil}, ""},
		{"auto_takes_the_private_address_last", private, "auto", address{"10.0.0.2", ca}, ""},
		{"auto_takes_dns_when_addresses_are_off", onlyDNS, "auto", address{"gke-1.europe-west1.gke.goog", nil}, ""},
		{"public_though_guarded", guardedWithDNS, "public", address{"203.0.113.7", ca}, ""},
		{"private_beside_a_public_one", guardedWithDNS, "private", address{"10.0.0.2", ca}, ""},
		{"dns_without_the_clusters_authority", onlyDNS, "dns", address{"gke-1.europe-west1.gke.goog", nil}, ""},
		{"no_public_address", private, "public", address{}, "has no public endpoint"},
		{"no_private_address", public, "private", address{}, "has no private endpoint"},
		{"dns_closed", closedDNS, "dns", address{}, "--enable-dns-access"},
		{"no_dns", public, "dns", address{}, "--enable-dns-access"},
		{"no_authority", `{"endpoint": "203.0.113.7"}`, "public", address{host: "203.0.113.7"}, "no certificate authority"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var told container.Cluster
			if err := json.Unmarshal([]byte(test.cluster), &told); err != nil {
				t.Fatal(err)
			}
			got, err := choose(takeApart("projects/p/locations/l/clusters/c"), &told, identity.Endpoint(test.endpoint))
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(address{})); diff != "" {
				t.Errorf("address (-want +got):\n%s", diff)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}
