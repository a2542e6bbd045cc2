package action

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/snapshot"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/docs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/azure"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/google"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/facts"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/inspect"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/images"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// session is what a run is signed in to.
type session struct {
	keychain authn.Keychain
	// grant says what lets this run pull a repository, or push to it, that its registry refuses, or "".
	grant  func(repository string, push bool) string
	clouds []identity.Cloud

	// cluster, applier and waitForNodes are set where a step needs the cluster.
	cluster identity.Cluster
	applier *apply.Applier
	// waitForNodes returns the cluster's nodes, which are read while the images are verified.
	waitForNodes func() ([]corev1.Node, error)
	// waitForPools returns the kinds of nodes that the cluster can have, and says what of that could not be read.
	waitForPools func() ([]pool.Pool, []finding.Finding)
	// waitForSnapshot returns what runs in the cluster; nil where its reading has not begun.
	waitForSnapshot func() (snapshot.Snapshot, error)
}

// signIn signs in to the registries and, where a step needs it, to the cluster.
func (d *deploy) signIn(ctx context.Context) error {
	d.renderAhead()
	job, needsCluster := d.job(), d.takes("plan") || d.takes("inventory")
	d.clouds = clouds(d.config, job)
	signedIn, err := identity.SignIn(ctx, identity.Options{
		Provider:     d.config.Provider,
		NeedsCluster: needsCluster,
		Namespace:    d.config.Namespace,
		Registries: identity.Registries{Username: d.config.RegistryUsername, Password: d.config.RegistryPassword,
			Hosts: registries(d.config.Images)},
		Kubeconfig: identity.KubeconfigOptions{
			Path:       d.config.Kubeconfig,
			Precedence: d.env.Kubeconfigs(),
			Context:    d.config.KubeContext,
			Namespace:  d.config.Namespace,
			Exec:       d.config.KubeconfigExec,
			Say:        d.say,
			Alone:      runner.InContainer(d.env),
		},
		Clouds: d.clouds,
		Mask:   job.Mask,
	})
	d.keychain, d.grant, d.cluster = signedIn.Keychain, signedIn.Grant, signedIn.Cluster
	d.cluster.Advice.Forbidden = docs.Link(d.version, d.cluster.Advice.Forbidden)
	d.openRegistries()
	if err != nil {
		return err
	}
	d.lookUpAhead()
	if !needsCluster {
		return nil
	}
	return d.enterCluster(ctx)
}

// enterCluster starts to read the cluster.
func (d *deploy) enterCluster(ctx context.Context) (err error) {
	d.waitForNodes, d.waitForPools = snapshot.ReadNodes(ctx, d.cluster), snapshot.ReadPools(ctx, d.cluster)
	if d.takes("inventory") {
		d.waitForSnapshot = snapshot.Read(ctx, d.cluster.Config, snapshot.OfAudit(d.config.Namespaces))
		return nil
	}
	if d.applier, err = apply.New(d.cluster.Config); err != nil {
		return fmt.Errorf("connecting to the cluster: %w", err)
	}
	d.readAhead(ctx)
	if !d.takes("build") { // after a build, what runs now would be old
		d.waitForSnapshot = snapshot.Read(ctx, d.cluster.Config, snapshot.OfDeploy())
		d.askAhead()
	}
	return nil
}

// openRegistries makes the client of registries, and what looks into images by it.
func (d *deploy) openRegistries() {
	opts := registry.DefaultOptions()
	opts.Keychain, opts.PlainHTTP = d.keychain, d.config.InsecureRegistries
	d.images.Registry = registry.New(opts)
	looks := image.DefaultOptions()
	looks.Progress = d.emit
	d.images.Client = image.NewClient(d.images.Registry, looks)
	reads := inspect.DefaultOptions()
	reads.Facts, reads.Checker = d.facts(), d.version
	d.images.Inspector = inspect.New(d.images.Client, reads)
}

// facts is the folder of the input verify-cache; nil where there is none. What is wrong with it stops no run.
func (d *deploy) facts() *facts.Store {
	if d.config.VerifyCache == "" {
		return nil
	}
	store, err := facts.Open(d.config.VerifyCache)
	if err != nil {
		d.say("warning: verify-cache %q is not used: %v", d.config.VerifyCache, err)
		return nil
	}
	return store
}

// job is what a workflow job brings to a sign-in.
func (d *deploy) job() federation.Job {
	limits := transport.For(transport.Cloud)
	return federation.Job{
		IDToken: d.runner.WithHTTP(&http.Client{Transport: transport.New(limits),
			CheckRedirect: transport.SameHost}).IDToken,
		Mask:     d.runner.Mask,
		Say:      d.say,
		HTTP:     &http.Client{Transport: transport.Limit(transport.Base(limits), limits)},
		Patience: federation.DefaultPatience(),
	}
}

// clouds are those that the inputs sign in to. Every cloud that this program knows is listed here.
func clouds(config inputs.Config, job federation.Job) (list []identity.Cloud) {
	if config.Azure.Given() {
		list = append(list, azure.New(azure.Options{
			ClientID:       config.Azure.ClientID,
			TenantID:       config.Azure.TenantID,
			Environment:    config.Azure.Environment,
			SubscriptionID: config.Azure.SubscriptionID,
			ResourceGroup:  config.ResourceGroup,
			Cluster:        config.Cluster,
			Endpoint:       config.Endpoint,
		}, job))
	}
	if config.Google.Given() {
		list = append(list, google.New(google.Options{
			Provider:       config.Google.Provider,
			ServiceAccount: config.Google.ServiceAccount,
			Cluster:        config.GKECluster(),
			Endpoint:       config.Endpoint,
		}, job))
	}
	return list
}

// google is the job in Google Cloud, for a builder there. The inputs have been checked: such a build has a sign-in.
func (s session) google() *google.Account {
	for _, cloud := range s.clouds {
		if account, ok := cloud.(*google.Account); ok {
			return account
		}
	}
	return nil
}

// registries are those of the images, each once.
func registries(images []images.Image) []string {
	var hosts []string
	for _, img := range images {
		if host := img.Reference.Context().RegistryStr(); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// enterRegistries signs in to the images' registries. With a trust that was set up a moment ago this may take longer
// than a registry is waited for, so it is done before any is asked.
func (s session) enterRegistries(ctx context.Context, images []images.Image) error {
	for _, host := range registries(images) {
		registry, err := name.NewRegistry(host)
		if err != nil {
			return err
		}
		credential, err := authn.Resolve(ctx, s.keychain, registry)
		if err == nil {
			_, err = authn.Authorization(ctx, credential)
		}
		if err != nil {
			return fmt.Errorf("signing in to %s: %w", host, err)
		}
	}
	return nil
}
