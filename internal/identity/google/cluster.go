package google

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/api/container/v1"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
)

// name is a cluster's, or a fleet membership's, full name taken apart.
type name struct{ project, location, collection, id string }

// takeApart takes projects/P/locations/L/COLLECTION/ID apart, which inputs has checked.
func takeApart(full string) name {
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
// renewed as long as the run takes. The error is a *googleapi.Refusal where Google refused something.
func (a *Account) Cluster(ctx context.Context) (*rest.Config, error) {
	if _, err := a.credential.Token(ctx); err != nil {
		return nil, err
	}
	var found address
	err := a.Retry(ctx, "Google Cloud refused to report the cluster's address", func(ctx context.Context) (err error) {
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
	wanted := takeApart(a.options.Cluster)
	if wanted.collection != "clusters" {
		return a.gateway(ctx, wanted)
	}
	found, err := a.lookUp(ctx, wanted)
	if err != nil {
		return address{}, err
	}
	if a.options.Endpoint == identity.EndpointConnectGateway {
		return a.clusterGateway(ctx, wanted, found)
	}
	return choose(wanted, found, a.options.Endpoint)
}

// lookUp asks GKE about a cluster.
// https://docs.cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters/get
func (a *Account) lookUp(ctx context.Context, wanted name) (*container.Cluster, error) {
	doing, api := "looking up cluster "+wanted.String(), a.API(a.adviseRole)
	service, err := container.NewService(ctx, api.Options()...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	found, err := service.Projects.Locations.Clusters.Get(wanted.String()).Context(ctx).Do()
	return found, api.Explain(doing, containerHost, err)
}

// authority decodes the certificate of the cluster's own authority, which is PEM in base64.
func authority(c *container.Cluster) ([]byte, error) {
	if c.MasterAuth == nil || c.MasterAuth.ClusterCaCertificate == "" {
		return nil, errors.New("GKE reports no certificate authority of the cluster; use endpoint dns or connect-gateway")
	}
	ca, err := base64.StdEncoding.DecodeString(c.MasterAuth.ClusterCaCertificate)
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's certificate authority: %w", err)
	}
	return ca, nil
}
