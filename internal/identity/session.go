package identity

import (
	"context"

	"github.com/google/go-containerregistry/pkg/authn"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/azure"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/google"
)

// The providers of a cluster.
const (
	ProviderKubeconfig = "kubeconfig"
	ProviderAKS        = "aks"
	ProviderGKE        = "gke"
)

// Session is what a run is signed in with.
type Session struct {
	// Keychain finds the credentials for a registry.
	Keychain authn.Keychain
	// Cluster is the zero value where none was asked for.
	Cluster Cluster
	// Google is the job in Google Cloud, or nil where there was nothing to sign in with.
	Google *google.Account

	// grants are the accounts' answers to Grant.
	grants []func(repository string, push bool) string
}

// Grant says what lets this run pull a repository, or push to it, that its registry refuses, or "" where nothing is known.
func (s Session) Grant(repository string, push bool) string {
	for _, grant := range s.grants {
		if advice := grant(repository, push); advice != "" {
			return advice
		}
	}
	return ""
}

// Options say what to sign in to, and as whom.
type Options struct {
	// Provider of the cluster, one of those above.
	Provider string
	// NeedsCluster: without it only registries are signed in to.
	NeedsCluster bool
	// Namespace overrides the one that objects get when they name none; "" keeps the provider's.
	Namespace  string
	Registries Registries
	Kubeconfig KubeconfigOptions
	// Azure is nil where there is no sign-in to Azure.
	Azure *azure.Options
	// Google is nil where there is no sign-in to Google Cloud.
	Google *google.Options
	// Job signs in to clouds.
	Job federation.Job
}

// SignIn signs in to what the options name. Registries of a cloud are signed in to when they are first used.
func SignIn(ctx context.Context, opts Options) (Session, error) {
	var session Session
	keychains := []authn.Keychain{opts.Registries.keychain()}
	var err error
	if opts.Azure != nil {
		account := azure.New(*opts.Azure, opts.Job)
		keychains = append(keychains, account.Keychain())
		session.grants = append(session.grants, account.Grant)
		if opts.NeedsCluster && opts.Provider == ProviderAKS {
			session.Cluster, err = cloudCluster(account.Cluster(ctx))
		}
	}
	if opts.Google != nil {
		account := google.New(*opts.Google, opts.Job)
		keychains = append(keychains, account.Keychain())
		session.Google = account
		session.grants = append(session.grants, account.Grant)
		if opts.NeedsCluster && opts.Provider == ProviderGKE {
			session.Cluster, err = cloudCluster(account.Cluster(ctx))
		}
	}
	if opts.NeedsCluster && opts.Provider == ProviderKubeconfig {
		session.Cluster, err = Kubeconfig(opts.Kubeconfig)
		mask(opts.Job.Mask, session.Cluster.Config)
	}
	session.Cluster.Advice = adviceFor(opts.Provider)
	if opts.Namespace != "" {
		session.Cluster.Namespace = opts.Namespace
	}
	session.Keychain = authn.NewMultiKeychain(append(keychains, authn.DefaultKeychain)...)
	return session, err
}

// cloudCluster is a cluster that a cloud has told the address of. It has no context that could name a namespace.
func cloudCluster(config *rest.Config, err error) (Cluster, error) {
	if err != nil {
		return Cluster{}, err
	}
	return Cluster{Config: tuned(config), Namespace: "default"}, nil
}

// mask hides the secrets that a kubeconfig holds, or that a pod has of its service account. A plugin's are not seen here.
func mask(secret func(string), config *rest.Config) {
	if config != nil {
		secret(config.BearerToken)
		secret(string(config.KeyData))
	}
}
