package google

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/container/v1"
)

func TestChoose(t *testing.T) {
	auth := &container.MasterAuth{ClusterCaCertificate: "Q0E="}
	ca := []byte("CA")
	dns := func(open bool) *container.DNSEndpointConfig {
		return &container.DNSEndpointConfig{Endpoint: "gke-1.europe-west1.gke.goog", AllowExternalTraffic: open}
	}
	guard := &container.MasterAuthorizedNetworksConfig{Enabled: true}
	public := &container.Cluster{Endpoint: "203.0.113.7", MasterAuth: auth}
	guarded := &container.Cluster{Endpoint: "203.0.113.7", MasterAuth: auth, MasterAuthorizedNetworksConfig: guard}
	guardedWithDNS := &container.Cluster{Endpoint: "203.0.113.7", MasterAuth: auth,
		ControlPlaneEndpointsConfig: &container.ControlPlaneEndpointsConfig{DnsEndpointConfig: dns(true), IpEndpointsConfig: &container.IPEndpointsConfig{
			Enabled: true, EnablePublicEndpoint: true, PublicEndpoint: "203.0.113.7", PrivateEndpoint: "10.0.0.2", AuthorizedNetworksConfig: guard}}}
	private := &container.Cluster{Endpoint: "10.0.0.2", MasterAuth: auth,
		PrivateClusterConfig: &container.PrivateClusterConfig{EnablePrivateEndpoint: true, PrivateEndpoint: "10.0.0.2"}}
	onlyDNS := &container.Cluster{Endpoint: "203.0.113.7", MasterAuth: auth,
		ControlPlaneEndpointsConfig: &container.ControlPlaneEndpointsConfig{DnsEndpointConfig: dns(true), IpEndpointsConfig: &container.IPEndpointsConfig{}}}
	closedDNS := &container.Cluster{Endpoint: "203.0.113.7", MasterAuth: auth,
		ControlPlaneEndpointsConfig: &container.ControlPlaneEndpointsConfig{DnsEndpointConfig: dns(false)}}

	for _, row := range []struct {
		name     string
		cluster  *container.Cluster
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
		{"no_authority", &container.Cluster{Name: "c", Endpoint: "203.0.113.7"}, "public", address{host: "203.0.113.7"}, "no certificate authority"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := choose(resource("projects/p/locations/l/clusters/c"), row.cluster, row.endpoint)
			if diff := cmp.Diff(row.want, got, cmp.AllowUnexported(address{})); diff != "" {
				t.Errorf("address (-want +got):\n%s", diff)
			}
			if (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
				t.Errorf("error %v, want %q", err, row.err)
			}
		})
	}
}
