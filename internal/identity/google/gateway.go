package google

import (
	"context"
	"strings"
)

// gatewayHost serves the API of every cluster of a fleet, from anywhere, with a certificate of Google's own.
// https://docs.cloud.google.com/kubernetes-engine/enterprise/multicluster-management/gateway
const gatewayHost = "connectgateway.googleapis.com/v1/"

// clusterGateway is the Connect Gateway's address of a GKE cluster, through its membership in a fleet.
func (a *Account) clusterGateway(ctx context.Context, wanted name, c cluster) (address, error) {
	if c.Fleet.Membership == "" {
		return address{}, missing(wanted, "belongs to no fleet, which the Connect Gateway needs; register it:", "--enable-fleet")
	}
	return a.gateway(ctx, resource(strings.TrimPrefix(c.Fleet.Membership, "//"+hubHost+"/")))
}

// gateway is the Connect Gateway's address of a membership. The gateway calls that of a GKE cluster a gkeMembership
// and wants the project's number, where the Hub takes a membership and the project's ID.
func (a *Account) gateway(ctx context.Context, wanted name) (address, error) {
	wanted.collection = "memberships"
	var found membership
	if err := a.look(ctx, "looking up membership "+wanted.String(), hubHost, "/v1/"+wanted.String(), &found); err != nil {
		return address{}, err
	}
	if found.Endpoint.GkeCluster != nil {
		wanted.collection = "gkeMemberships"
	}
	number, err := a.projectNumber(ctx, wanted.project)
	if err != nil {
		return address{}, err
	}
	wanted.project = number
	return address{host: gatewayHost + wanted.String()}, nil
}

// projectNumber is the number of a project that is given by its ID.
func (a *Account) projectNumber(ctx context.Context, id string) (string, error) {
	if strings.Trim(id, "0123456789") == "" {
		return id, nil
	}
	var found project
	err := a.look(ctx, "looking up the number of project "+id, managerHost, "/v3/projects/"+id, &found)
	return strings.TrimPrefix(found.Name, "projects/"), err
}
