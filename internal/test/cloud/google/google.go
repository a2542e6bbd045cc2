// Package google is a stand-in of Google Cloud: the Security Token Service, IAM, GKE, fleets and Artifact Registry.
package google

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
)

// Audience is the audience of the stand-in's access tokens. At Google they are opaque and have none; these are
// JWTs, so that a real API server can tell whose they are.
const Audience = "https://www.googleapis.com"

// Google is a project with a workload identity pool, a service account, a GKE cluster in a fleet, and a repository of
// Artifact Registry. Change its fields before it is asked.
type Google struct {
	ProjectID, ProjectNumber string
	Provider                 Provider
	// ServiceAccount is the address of the only service account.
	ServiceAccount string
	// Roles are who has which, by the names that IAM policies use.
	Roles map[string][]string
	// Disabled are APIs that the project has not enabled.
	Disabled []string
	// Life is how long a token of the Security Token Service lives, AccountLife one of the service account.
	Life, AccountLife time.Duration
	// Location and Name are where the cluster is looked up; Cluster and Membership are what is reported of it, by the
	// names of the APIs' fields.
	Location, Name      string
	Cluster, Membership map[string]any
	// Issuer signs access tokens.
	Issuer *cloud.Issuer

	// Cloud is what it is part of.
	Cloud *cloud.Cloud
	// Registries are the hosts of Artifact Registry.
	Registries []string

	mu     sync.Mutex
	delay  atomic.Int32
	minted atomic.Int32
}

// Provider is an OIDC provider of a workload identity pool.
// https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
type Provider struct {
	// Name is projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER.
	Name string
	// Issuer is the only issuer that is trusted.
	Issuer string
	// Audiences are the ID tokens' that are accepted; none accepts the provider's own name.
	Audiences []string
	// Condition are claims that a token must have, compared case by case.
	Condition map[string]string
}

// New serves a Google Cloud that trusts GitHub's job and has granted it what a deploy needs.
func New(c *cloud.Cloud) *Google {
	g := &Google{
		ProjectID: "octo-shop", ProjectNumber: "123456789012",
		Provider: Provider{
			Name:      "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo",
			Issuer:    c.GitHub.Issuer.URL,
			Condition: map[string]string{"repository": "octo-org/octo-repo"},
		},
		ServiceAccount: "deploy@octo-shop.iam.gserviceaccount.com",
		Life:           5 * time.Minute,
		AccountLife:    time.Hour,
		Location:       "europe-west1", Name: "shop",
		Cluster: map[string]any{"name": "shop"},
		Issuer:  cloud.NewIssuer(c, "https://"+stsHost),
		Cloud:   c,
	}
	job := g.Principal(c.GitHub.Claims["sub"].(string))
	g.Roles = map[string][]string{
		"roles/iam.workloadIdentityUser": {job},
		"roles/container.developer":      {job, "serviceAccount:" + g.ServiceAccount},
		"roles/gkehub.viewer":            {job},
		"roles/browser":                  {job},
		Writer:                           {job, "serviceAccount:" + g.ServiceAccount},
	}
	c.Handle(stsHost, http.HandlerFunc(g.exchange))
	c.Handle("iamcredentials.googleapis.com", g.credentials())
	c.Handle("container.googleapis.com", g.containers())
	c.Handle("gkehub.googleapis.com", g.hub())
	c.Handle("cloudresourcemanager.googleapis.com", g.manager())
	return g
}

// The roles that push and pull images, and that pull them.
const (
	// Writer pushes.
	Writer = "roles/artifactregistry.writer"
	reader = "roles/artifactregistry.reader"
)

// stsHost is that of the Security Token Service.
const stsHost = "sts.googleapis.com"

// Delay makes the Security Token Service refuse the next requests, as it does right after a provider is made.
func (g *Google) Delay(requests int32) { g.delay.Store(requests) }

// Minted is how many access tokens the sign-in has given out, those of the service account included.
func (g *Google) Minted() int { return int(g.minted.Load()) }

// ClusterName is the cluster's full name.
func (g *Google) ClusterName() string {
	return "projects/" + g.ProjectID + "/locations/" + g.Location + "/clusters/" + g.Name
}

// NodeToken is an access token of the nodes' own service account, which pulls images. On GKE each node mints one
// itself.
func (g *Google) NodeToken() string {
	const nodes = "serviceAccount:nodes@octo-shop.iam.gserviceaccount.com"
	g.Roles[Writer] = append(g.Roles[Writer], nodes)
	return g.Mint(nodes, time.Hour)
}

// Has reports whether a member has a role.
func (g *Google) Has(member, role string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Contains(g.Roles[role], member)
}

// Revoke takes a role from everybody. Unlike a change of Roles, it may come while Google is asked.
func (g *Google) Revoke(role string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.Roles[role] = nil
}

// Mint signs an access token of a member.
func (g *Google) Mint(member string, life time.Duration) string {
	now := time.Now()
	return g.Issuer.Sign(jwt.MapClaims{
		"iss": g.Issuer.URL, "aud": Audience, "scope": cloudPlatform, "member": member,
		"sub": strings.TrimPrefix(member, "serviceAccount:"), // what GKE calls the user
		"iat": now.Unix(), "exp": now.Add(life).Unix(),
	})
}

const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform"

// verify checks an access token: Google's services know their own key.
func (g *Google) verify(token string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return g.Issuer.Key(), nil },
		jwt.WithIssuer(g.Issuer.URL), jwt.WithAudience(Audience), jwt.WithExpirationRequired(),
		jwt.WithValidMethods([]string{"RS256"}))
	if err == nil && claims["scope"] != cloudPlatform {
		err = fmt.Errorf("scope %q", claims["scope"])
	}
	return claims, err
}
