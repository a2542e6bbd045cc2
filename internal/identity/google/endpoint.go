package google

import (
	"cmp"
	"fmt"

	"google.golang.org/api/container/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
)

// endpoints are the addresses that a cluster has; "" is one that it lacks.
type endpoints struct {
	public, private, dns string
	// guarded: only authorized networks reach the public address.
	guarded bool
	// dnsOpen: users may come through the DNS address. It has one even where they may not.
	dnsOpen bool
}

// endpointsOf prefers controlPlaneEndpointsConfig to the older fields that it replaces.
// https://docs.cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters#ControlPlaneEndpointsConfig
func endpointsOf(c *container.Cluster) endpoints {
	e := endpoints{public: c.Endpoint, guarded: guarded(c.MasterAuthorizedNetworksConfig)}
	if private := c.PrivateClusterConfig; private != nil {
		e.private = private.PrivateEndpoint
		if private.EnablePrivateEndpoint {
			e.public = ""
		}
	}
	if c.ControlPlaneEndpointsConfig == nil {
		return e
	}
	if dns := c.ControlPlaneEndpointsConfig.DnsEndpointConfig; dns != nil {
		e.dns, e.dnsOpen = dns.Endpoint, dns.Endpoint != "" && dns.AllowExternalTraffic
	}
	if ip := c.ControlPlaneEndpointsConfig.IpEndpointsConfig; ip != nil {
		e.public, e.private = addresses(ip, c.Endpoint)
		e.guarded = e.guarded || guarded(ip.AuthorizedNetworksConfig)
	}
	return e
}

// addresses are those that are in use; "" is none.
func addresses(ip *container.IPEndpointsConfig, endpoint string) (public, private string) {
	switch {
	case !ip.Enabled:
		return "", ""
	case !ip.EnablePublicEndpoint:
		return "", ip.PrivateEndpoint
	}
	return cmp.Or(ip.PublicEndpoint, endpoint), ip.PrivateEndpoint
}

func guarded(networks *container.MasterAuthorizedNetworksConfig) bool {
	return networks != nil && networks.Enabled
}

// automatic is the address that a runner outside the cluster's network reaches best: the public one, unless only some
// networks may use it and the DNS one is open; then the DNS one; the private one last.
func (e endpoints) automatic() identity.Endpoint {
	switch {
	case e.public != "" && (!e.guarded || !e.dnsOpen):
		return identity.EndpointPublic
	case e.dnsOpen:
		return identity.EndpointDNS
	default:
		return identity.EndpointPrivate
	}
}

// choose returns the address that the input endpoint names.
func choose(wanted name, c *container.Cluster, endpoint identity.Endpoint) (address, error) {
	e := endpointsOf(c)
	if endpoint == identity.EndpointAuto {
		endpoint = e.automatic()
	}
	switch {
	case endpoint == identity.EndpointDNS && !e.dnsOpen:
		return address{}, missing(wanted, "lets no user through its DNS endpoint; open it:", "--enable-dns-access")
	case endpoint == identity.EndpointDNS:
		// Its certificate is Google's own, which the system's roots vouch for and the cluster's authority does not.
		return address{host: e.dns}, nil
	case endpoint == identity.EndpointPublic && e.public == "":
		return address{}, missing(wanted, "has no public endpoint; use endpoint dns, which needs this, or "+
			"connect-gateway:", "--enable-dns-access")
	case endpoint == identity.EndpointPrivate && e.private == "":
		return address{}, missing(wanted, "has no private endpoint that is in use; use endpoint dns, which needs this, or "+
			"connect-gateway:", "--enable-dns-access")
	}
	ca, err := authority(c)
	if endpoint == identity.EndpointPrivate {
		return address{host: e.private, ca: ca}, err
	}
	return address{host: e.public, ca: ca}, err
}

// missing says that a cluster lacks an endpoint, and how it gets one.
func missing(wanted name, what, flag string) error {
	return fmt.Errorf("cluster %s %s\n%s", wanted, what,
		googleapi.Command("gcloud container clusters update "+wanted.id, "--location="+wanted.location,
			"--project="+wanted.project, flag))
}
