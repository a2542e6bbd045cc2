package google

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/api/cloudresourcemanager/v3"
	"google.golang.org/api/container/v1"
	"google.golang.org/api/gkehub/v1"
)

// gatewayHost serves the API of every cluster of a fleet, from anywhere, with a certificate of Google's own.
// https://docs.cloud.google.com/kubernetes-engine/enterprise/multicluster-management/gateway
const gatewayHost = "connectgateway.googleapis.com/v1/"

// clusterGateway is the Connect Gateway's address of a GKE cluster, through its membership in a fleet.
func (a *Account) clusterGateway(ctx context.Context, wanted name, c *container.Cluster) (address, error) {
	if c.Fleet == nil || c.Fleet.Membership == "" {
		return address{}, missing(wanted, "belongs to no fleet, which the Connect Gateway needs; register "+
			"it:", "--enable-fleet")
	}
	return a.gateway(ctx, takeApart(strings.TrimPrefix(c.Fleet.Membership, "//"+hubHost+"/")))
}

// gateway is the Connect Gateway's address of a membership. The gateway calls that of a GKE cluster a gkeMembership
// and wants the project's number, where the Hub takes a membership and the project's ID.
func (a *Account) gateway(ctx context.Context, wanted name) (address, error) {
	wanted.collection = "memberships"
	found, err := a.membership(ctx, wanted)
	if err != nil {
		return address{}, err
	}
	if found.Endpoint != nil && found.Endpoint.GkeCluster != nil { // nil for a cluster outside Google Cloud
		wanted.collection = "gkeMemberships"
	}
	number, err := a.projectNumber(ctx, wanted.project)
	if err != nil {
		return address{}, err
	}
	wanted.project = number
	return address{host: gatewayHost + wanted.String()}, nil
}

// membership asks the fleet about a cluster in it.
// https://docs.cloud.google.com/kubernetes-engine/fleet-management/docs/reference/rest/v1/projects.locations.memberships
func (a *Account) membership(ctx context.Context, wanted name) (*gkehub.Membership, error) {
	doing, api := "looking up membership "+wanted.String(), a.API(a.adviseRole)
	service, err := gkehub.NewService(ctx, api.Options()...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	found, err := service.Projects.Locations.Memberships.Get(wanted.String()).Context(ctx).Do()
	return found, api.Explain(doing, hubHost, err)
}

// projectNumber is the number of a project that is given by its ID.
func (a *Account) projectNumber(ctx context.Context, id string) (string, error) {
	if strings.Trim(id, "0123456789") == "" {
		return id, nil
	}
	doing, api := "looking up the number of project "+id, a.API(a.adviseRole)
	service, err := cloudresourcemanager.NewService(ctx, api.Options()...)
	if err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	found, err := service.Projects.Get("projects/" + id).Context(ctx).Do()
	if err != nil {
		return "", api.Explain(doing, managerHost, err)
	}
	return strings.TrimPrefix(found.Name, "projects/"), nil
}
