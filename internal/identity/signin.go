// Package identity signs a run in: credentials for registries and for the cluster.
package identity

import (
	"context"

	"github.com/google/go-containerregistry/pkg/authn"
	"k8s.io/client-go/rest"
)

// Provider is how a cluster is reached.
type Provider string

// The providers of a cluster.
const (
	ProviderKubeconfig Provider = "kubeconfig"
	ProviderAKS        Provider = "aks"
	ProviderGKE        Provider = "gke"
)

// Endpoint is which of a cloud cluster's addresses is used.
type Endpoint string

// The endpoints. AKS clusters have the first three.
const (
	EndpointAuto           Endpoint = "auto"
	EndpointPublic         Endpoint = "public"
	EndpointPrivate        Endpoint = "private"
	EndpointDNS            Endpoint = "dns"
	EndpointConnectGateway Endpoint = "connect-gateway"
)

// Session is what a run is signed in with.
type Session struct {
	// Keychain finds the credentials for a registry.
	Keychain authn.Keychain
	// Cluster is the zero value where none was asked for.
	Cluster Cluster

	clouds []Cloud
}

// Grant returns the command that lets this run pull a repository, or push to it, that its registry refuses; "" where no
// cloud knows the registry.
func (s Session) Grant(repository string, push bool) string {
	for _, cloud := range s.clouds {
		if advice := cloud.Grant(repository, push); advice != "" {
			return advice
		}
	}
	return ""
}

// Options say what to sign in to, and as whom.
type Options struct {
	// Provider of the cluster, one of those above.
	Provider Provider
	// NeedsCluster: without it only registries are signed in to.
	NeedsCluster bool
	// Namespace overrides the one that objects get when they name none; "" keeps the provider's.
	Namespace  string
	Registries Registries
	Kubeconfig KubeconfigOptions
	// Clouds are those that the inputs sign in to. One of them has the cluster, unless a kubeconfig names it.
	Clouds []Cloud
	// Mask hides a secret from the log.
	Mask func(secret string)
}

// SignIn signs in to what the options name. Registries of a cloud are signed in to when they are first used. The
// session is good for registries where the cluster can't be reached, too.
func SignIn(ctx context.Context, opts Options) (Session, error) {
	session := Session{Keychain: opts.keychain(), clouds: opts.Clouds}
	if !opts.NeedsCluster {
		return session, nil
	}
	var err error
	session.Cluster, err = opts.cluster(ctx)
	if opts.Namespace != "" {
		session.Cluster.Namespace = opts.Namespace
	}
	return session, err
}

// keychain asks the inputs first, then the clouds, and the Docker config of this machine last.
func (o Options) keychain() authn.Keychain {
	keychains := []authn.Keychain{o.Registries.keychain()}
	for _, cloud := range o.Clouds {
		keychains = append(keychains, cloud.Keychain())
	}
	return authn.NewMultiKeychain(append(keychains, authn.DefaultKeychain)...)
}

// cluster finds the cluster that the provider names.
func (o Options) cluster(ctx context.Context) (Cluster, error) {
	if o.Provider == ProviderKubeconfig {
		cluster, err := Kubeconfig(o.Kubeconfig)
		mask(o.Mask, cluster.Config)
		return cluster, err
	}
	for _, cloud := range o.Clouds {
		if cloud.Provider() == o.Provider {
			return ofCloud(ctx, cloud)
		}
	}
	return Cluster{}, configError("provider %q: the inputs sign in to no such cloud", o.Provider)
}

// ofCloud looks a cloud's cluster up. It has no kubeconfig context that could name a namespace.
func ofCloud(ctx context.Context, cloud Cloud) (Cluster, error) {
	config, err := cloud.Cluster(ctx)
	if err != nil {
		return Cluster{}, err
	}
	return Cluster{Config: tuned(config), Namespace: "default", Advice: cloud.Advice(), Pools: cloud.Pools}, nil
}

// mask hides the secrets that a kubeconfig contains, or that a pod has of its service account. A plugin's are not seen
// here.
func mask(secret func(string), config *rest.Config) {
	if config != nil {
		secret(config.BearerToken)
		secret(config.Password)
		secret(string(config.KeyData))
	}
}
