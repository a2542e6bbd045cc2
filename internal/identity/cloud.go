package identity

import (
	"context"

	"github.com/google/go-containerregistry/pkg/authn"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// Cloud is what a cloud does for a run that is signed in to it. A package below this one implements it for one cloud,
// on top of federation; package action lists all of them. Nothing is asked of the cloud before a method needs it.
type Cloud interface {
	// Provider is the value of the input provider that asks for this cloud's clusters.
	Provider() Provider
	// Keychain signs in to the cloud's container registries, each when it is first used. Any other registry is
	// anonymous to it.
	Keychain() authn.Keychain
	// Grant returns the command that lets the identity pull the repository, such as ghcr.io/acme/shop, or push to it;
	// "" where the registry is none of the cloud's, or nothing is known yet.
	Grant(repository string, push bool) string
	// Cluster looks the cluster of the inputs up. Requests with the returned config carry a token that is renewed as
	// long as the config is used. The error says what the cloud refused, and what to do.
	Cluster(ctx context.Context) (*rest.Config, error)
	// Pools are the kinds of nodes that the cluster has or can have, as far as the cloud decides that. The error says what
	// the cloud refused, and what to do.
	Pools(ctx context.Context) ([]pool.Pool, error)
	// Advice says what to do where the cloud's clusters do not answer as they should.
	Advice() Advice
}

// Cluster is a way into one cluster.
type Cluster struct {
	Config *rest.Config
	// Namespace is the one that objects get when they name none.
	Namespace string
	Advice    Advice
	// Pools are those that the cluster's cloud knows of; nil where no cloud is signed in to.
	Pools func(ctx context.Context) ([]pool.Pool, error)
}

// Advice says what to do when a cluster does not answer as it should. It depends on how the cluster is reached.
type Advice struct {
	// Unreachable is for an address that does not answer, Unauthorized for a cluster that does not know who asks, and
	// Forbidden for one that knows and refuses.
	Unreachable, Unauthorized, Forbidden string
}
