package action

import (
	"context"
	"net/http"
	"path/filepath"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/azure"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/google"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// signingIn is the first step of runs that reach their cluster through its cloud.
var signingIn = step{"sign-in", "Sign in", (*deploy).signIn, false}

// enter signs in. That is a step where a cloud is asked, which takes a moment and may fail for many reasons.
func (d *deploy) enter(ctx context.Context) error {
	if d.identity.NeedsCluster && d.identity.Provider != identity.ProviderKubeconfig {
		return d.takeStep(ctx, signingIn)
	}
	return d.signIn(ctx)
}

func (d *deploy) signIn(ctx context.Context) error {
	session, err := identity.SignIn(ctx, d.identity)
	d.keychain, d.grant, d.cluster = session.Keychain, session.Grant, session.Cluster
	opts := registry.DefaultOptions()
	opts.Keychain = d.keychain
	opts.PlainHTTP = d.config.InsecureRegistries
	d.registry = registry.New(opts)
	d.resolver = image.NewClient(d.registry, image.DefaultOptions())
	return err
}

// identity says what the inputs sign in to, and with what. Nobody is asked yet.
func (p Program) identity(config inputs.Config, r *runner.Runner, say func(string, ...any)) identity.Options {
	job := p.job(r, say)
	return identity.Options{
		Provider:   config.Provider,
		Namespace:  config.Namespace,
		Registries: identity.Registries{Username: config.RegistryUsername, Password: config.RegistryPassword, Hosts: registries(config.Images)},
		Kubeconfig: p.kubeconfig(config),
		Clouds:     clouds(config, job),
		Mask:       job.Mask,
	}
}

// clouds are those that the inputs sign in to. Every cloud that this program knows is listed here.
func clouds(config inputs.Config, job federation.Job) (list []identity.Cloud) {
	if config.Azure.Given() {
		list = append(list, azure.New(azureOptions(config), job))
	}
	if config.Google.Given() {
		list = append(list, google.New(googleOptions(config), job))
	}
	return list
}

// job is what a workflow job brings to a sign-in.
func (p Program) job(r *runner.Runner, say func(string, ...any)) federation.Job {
	limits := transport.For(transport.Cloud)
	return federation.Job{
		IDToken:  r.WithHTTP(&http.Client{Transport: transport.New(limits), CheckRedirect: transport.SameHost}).IDToken,
		Mask:     p.masker(r),
		Say:      say,
		HTTP:     &http.Client{Transport: transport.Limit(transport.Base(limits), limits)},
		Patience: federation.DefaultPatience(),
	}
}

func azureOptions(config inputs.Config) azure.Options {
	return azure.Options{
		ClientID:       config.Azure.ClientID,
		TenantID:       config.Azure.TenantID,
		Environment:    config.Azure.Environment,
		SubscriptionID: config.Azure.SubscriptionID,
		ResourceGroup:  config.ResourceGroup,
		Cluster:        config.Cluster,
		Endpoint:       config.Endpoint,
	}
}

func googleOptions(config inputs.Config) google.Options {
	return google.Options{
		Provider:       config.Google.Provider,
		ServiceAccount: config.Google.ServiceAccount,
		Cluster:        config.GKECluster(),
		Endpoint:       config.Endpoint,
	}
}

// masker hides secrets from the log that r writes to; outside a runner there is nobody to tell.
func (p Program) masker(r *runner.Runner) func(string) {
	if p.onRunner() {
		return r.Mask
	}
	return func(string) {}
}

// kubeconfig says which kubeconfig to read.
func (p Program) kubeconfig(config inputs.Config) identity.KubeconfigOptions {
	return identity.KubeconfigOptions{
		Path:       config.Kubeconfig,
		Precedence: p.kubeconfigs(),
		Context:    config.KubeContext,
		Namespace:  config.Namespace,
		Alone:      runner.InContainer(p.Getenv),
	}
}

// kubeconfigs are the files that kubectl would merge.
func (p Program) kubeconfigs() []string {
	if list := p.Getenv("KUBECONFIG"); list != "" {
		return filepath.SplitList(list)
	}
	if home := p.Getenv("HOME"); home != "" {
		return []string{filepath.Join(home, ".kube", "config")}
	}
	return nil
}
