package google

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"google.golang.org/api/container/v1"
	"k8s.io/client-go/rest"
)

// name is a cluster's, or a fleet membership's, full name taken apart.
type name struct{ project, location, collection, id string }

// resource takes projects/P/locations/L/COLLECTION/ID apart, which inputs has checked.
func resource(full string) name {
	parts := strings.Split(full, "/")
	if len(parts) != 6 {
		return name{}
	}
	return name{project: parts[1], location: parts[3], collection: parts[4], id: parts[5]}
}

func (n name) String() string {
	return fmt.Sprintf("projects/%s/locations/%s/%s/%s", n.project, n.location, n.collection, n.id)
}

// Cluster asks GKE for the cluster's address and returns a way in. Requests carry the account's token, which is
// renewed as long as the run takes. The error is a *Refusal where Google refused something.
func (a *Account) Cluster(ctx context.Context) (*rest.Config, error) {
	if _, err := a.credential.Token(ctx); err != nil {
		return nil, err
	}
	var found address
	err := a.job.Retry(ctx, "Google Cloud refused to tell the cluster's address", mayBeDelay, func(ctx context.Context) (err error) {
		found, err = a.address(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	config := &rest.Config{Host: "https://" + found.host, WrapTransport: a.credential.Transport}
	config.CAData = found.ca
	return config, nil
}

// address is where a cluster's API server is reached.
type address struct {
	// host may have a path behind it.
	host string
	// ca is the authority that signed the server's certificate, PEM encoded; nil is any that the system trusts.
	ca []byte
}

func (a *Account) address(ctx context.Context) (address, error) {
	wanted := resource(a.options.Cluster)
	if wanted.collection != "clusters" {
		return a.gateway(ctx, wanted)
	}
	service, err := container.NewService(ctx, a.client())
	if err != nil {
		return address{}, fmt.Errorf("preparing to ask GKE for cluster %s: %w", wanted, err)
	}
	cluster, err := service.Projects.Locations.Clusters.Get(wanted.String()).Context(ctx).Do()
	if err != nil {
		return address{}, a.apiRefusal(containerHost, "looking up cluster "+wanted.String(), err)
	}
	if a.options.Endpoint == "connect-gateway" {
		return a.clusterGateway(ctx, wanted, cluster)
	}
	return choose(wanted, cluster, a.options.Endpoint)
}

// authority decodes the certificate of the cluster's own authority.
func authority(cluster *container.Cluster) ([]byte, error) {
	if cluster.MasterAuth == nil || cluster.MasterAuth.ClusterCaCertificate == "" {
		return nil, fmt.Errorf("GKE tells no certificate authority of cluster %s", cluster.Name)
	}
	ca, err := base64.StdEncoding.DecodeString(cluster.MasterAuth.ClusterCaCertificate)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate authority of cluster %s: %w", cluster.Name, err)
	}
	return ca, nil
}
