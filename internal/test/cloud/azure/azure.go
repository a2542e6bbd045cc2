// Package azure is a stand-in of Azure: Entra, Azure Resource Manager, AKS and a container registry.
package azure

import (
	"sync/atomic"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
)

// The hosts of Azure, besides its registries.
const (
	entraHost = "login.microsoftonline.com"
	armHost   = "management.azure.com"
)

// The audiences of Azure's tokens.
const (
	// AKSServer is the application that AKS clusters let users in by.
	AKSServer        = "6dae42f8-4368-4678-94ff-3960e28e3630"
	armAudience      = "https://management.azure.com"
	registryAudience = "https://containerregistry.azure.net"
)

// Azure is a tenant with one application, one AKS cluster and one container registry. Change its fields before it is
// asked.
type Azure struct {
	TenantID, SubscriptionID, ResourceGroup string
	// ClientID and ObjectID are those of the application and of its service principal.
	ClientID, ObjectID string
	// Federation is the application's federated credential.
	Federation Federation
	// Life is how long Entra's tokens live. Told is how long Entra says they do, 0 the truth: to a client, a token that
	// is revoked, or that a fast clock of the API server ends early, has lived shorter than it was told.
	Life, Told time.Duration
	// ClusterUser: the application has the role Azure Kubernetes Service Cluster User Role, which may also read the
	// cluster. NoReader takes that away, as a role of one's own does.
	ClusterUser, NoReader bool
	// Refusals are AADSTS codes by audience: 500011, 501051, 65001 or 7000112.
	Refusals map[string]int
	Cluster  AKS
	// Registry is the host of the container registry, RegistryTenant the tenant of its subscription, RegistryRole what
	// the application may do there: AcrPull, AcrPush, or "" for nothing.
	Registry, RegistryTenant, RegistryRole string
	// Issuer signs access tokens.
	Issuer *cloud.Issuer

	cloud *cloud.Cloud
	// delay counts down the token requests that are refused as if the federated credential was not known yet.
	delay atomic.Int64
	// minted counts the tokens by audience.
	minted cloud.Counter
}

// Federation says which ID tokens an application trusts.
type Federation struct{ Issuer, Subject, Audience string }

// AKS is a cluster as Azure Resource Manager knows it.
type AKS struct {
	Name string
	// Server and CA are the API server's address and authority. PublicServer is the address of a private cluster's
	// public name.
	Server, PublicServer string
	CA                   []byte
	// Certificate and Key are those of the cluster's administrator, which a cluster without Entra hands to each user.
	Certificate, Key []byte
	// AgentPools are its agent pools, as Resource Manager writes them.
	AgentPools []map[string]any
}

// New serves an Azure that trusts GitHub's job.
func New(c *cloud.Cloud) *Azure {
	const tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	a := &Azure{
		TenantID:       tenant,
		SubscriptionID: "0b1f6471-1bf0-4dda-aec3-cb9272f09590",
		ResourceGroup:  "shop",
		ClientID:       "af3110ba-0ba9-4412-b1a0-59f50b7e9273",
		ObjectID:       "4ecd6548-e33b-4b9d-9986-bd3c22986c66",
		Federation: Federation{
			Issuer:   c.GitHub.Issuer.URL,
			Subject:  c.GitHub.Claims["sub"].(string),
			Audience: "api://AzureADTokenExchange",
		},
		Life:           time.Hour,
		ClusterUser:    true,
		Refusals:       map[string]int{},
		Cluster:        AKS{Name: "shop"},
		Registry:       "shop.azurecr.io",
		RegistryTenant: tenant,
		RegistryRole:   "AcrPush",
		Issuer:         cloud.NewIssuer(c, "https://sts.windows.net/"+tenant+"/"),
		cloud:          c,
	}
	a.serve(entraHost, armHost)
	return a
}

func (a *Azure) serve(entra, arm string) {
	a.cloud.Handle(entra, a.entra())
	a.cloud.Handle(arm, a.resourceManager())
	a.cloud.Handle(a.Registry, a.registry())
}

// Secede makes it a sovereign cloud: with hosts of its own for Entra and Resource Manager, with its own audience for
// ID tokens, and its own suffix for registries.
func (a *Azure) Secede(entra, arm, audience, suffix string) {
	a.Federation.Audience = audience
	a.Registry = "shop" + suffix
	a.serve(entra, arm)
}

// Delay makes Entra refuse the next requests as it does right after a federated credential is made.
func (a *Azure) Delay(requests int) { a.delay.Store(int64(requests)) }

// Minted is how many tokens Entra has given out for an audience.
func (a *Azure) Minted(audience string) int { return a.minted.Of(audience) }

// ClusterID is the cluster's resource ID.
func (a *Azure) ClusterID() string {
	return "/subscriptions/" + a.SubscriptionID + "/resourceGroups/" + a.ResourceGroup +
		"/providers/Microsoft.ContainerService/managedClusters/" + a.Cluster.Name
}
