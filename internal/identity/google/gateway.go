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
func (a *Account) clusterGateway(ctx context.Context, wanted name, cluster *container.Cluster) (address, error) {
	if cluster.Fleet == nil || cluster.Fleet.Membership == "" {
		return address{}, missing(wanted, "belongs to no fleet, which the Connect Gateway needs; register it:", "--enable-fleet")
	}
	return a.gateway(ctx, resource(strings.TrimPrefix(cluster.Fleet.Membership, "//gkehub.googleapis.com/")))
}

// gateway is the Connect Gateway's address of a membership. The gateway calls that of a GKE cluster a gkeMembership
// and wants the project's number, where the Hub takes a membership and the project's ID.
func (a *Account) gateway(ctx context.Context, wanted name) (address, error) {
	wanted.collection = "memberships"
	membership, err := a.membership(ctx, wanted)
	if err != nil {
		return address{}, err
	}
	if membership.Endpoint != nil && membership.Endpoint.GkeCluster != nil {
		wanted.collection = "gkeMemberships"
	}
	if wanted.project, err = a.projectNumber(ctx, wanted.project); err != nil {
		return address{}, err
	}
	return address{host: gatewayHost + wanted.String()}, nil
}

func (a *Account) membership(ctx context.Context, wanted name) (*gkehub.Membership, error) {
	service, err := gkehub.NewService(ctx, a.client())
	if err != nil {
		return nil, fmt.Errorf("preparing to ask the fleet for membership %s: %w", wanted, err)
	}
	membership, err := service.Projects.Locations.Memberships.Get(wanted.String()).Context(ctx).Do()
	if err != nil {
		return nil, a.apiRefusal(hubHost, "looking up membership "+wanted.String(), err)
	}
	return membership, nil
}

// projectNumber is the number of a project that is given by its ID.
func (a *Account) projectNumber(ctx context.Context, project string) (string, error) {
	if strings.Trim(project, "0123456789") == "" {
		return project, nil
	}
	service, err := cloudresourcemanager.NewService(ctx, a.client())
	if err != nil {
		return "", fmt.Errorf("preparing to ask for the number of project %s: %w", project, err)
	}
	answer, err := service.Projects.Get("projects/" + project).Context(ctx).Do()
	if err != nil {
		return "", a.apiRefusal(managerHost, "looking up the number of project "+project, err)
	}
	return strings.TrimPrefix(answer.Name, "projects/"), nil
}
