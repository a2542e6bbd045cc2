// Package inputs turns flags and INPUT_* variables into one validated Config.
// All problems are collected and reported together.
package inputs

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/images"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/reader"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// Config is everything a run needs to know, checked.
type Config struct {
	Images []images.Image
	// Build: the images are to be built and pushed, by the BuildKits at Endpoints, by CloudBuild or, where there is
	// neither, by assembling their artifacts.
	Build bool
	// Join: they are joined from what jobs on native runners pushed; Build is true then. RemoveParts removes that
	// afterwards.
	Join, RemoveParts bool
	// PushAs is for jobs on native runners.
	PushAs     catalogue.PushAs
	Endpoints  []build.Endpoint
	CloudBuild *build.CloudBuild

	RegistryUsername string
	RegistryPassword string
	// InsecureRegistries may be spoken to over plain HTTP.
	InsecureRegistries []string
	Kustomization      string
	PinDigest          bool
	RemoteResources    bool
	// VerifyCache is a folder of what earlier runs have found of images; "" for none.
	VerifyCache string
	Commit      Commit
	Provider    identity.Provider
	// Cluster is the cluster's name or full ID, where a cloud provides it.
	Cluster       string
	ResourceGroup string
	// Location is the region or zone of a GKE cluster that is given by name.
	Location string
	// Endpoint is EndpointDNS or EndpointConnectGateway for gke alone.
	Endpoint    identity.Endpoint
	Azure       Azure
	Google      Google
	Kubeconfig  string
	KubeContext string
	// KubeconfigExec is for a kubeconfig that runs a program to get a token.
	KubeconfigExec identity.ExecPolicy
	Namespace      string
	// Namespaces are those of an audit; none is all.
	Namespaces []string
	// OwnImages are the repositories, or what they begin with, of those who run the cluster.
	OwnImages []string
	// Prices of a core-hour, by architecture; nil for none.
	Prices     map[string]float64
	ArchPolicy placement.Policy
	// ExpectedNodes are pools that the cluster is about to get.
	ExpectedNodes []pool.Pool
	PlanFor       catalogue.PlanFor
	// Platforms are those that images must have.
	Platforms   []v1.Platform
	DryRun      bool
	Prune       bool
	Wait        bool
	WaitTimeout time.Duration
	OnFailure   catalogue.FailurePolicy
	// OnInsufficientCapacity is for pods that the plan finds no room for.
	OnInsufficientCapacity catalogue.CapacityPolicy
	ForceConflicts         bool
	FieldManager           string
	// TakeOverFrom are field managers, and other deploys, to take objects over from.
	TakeOverFrom []string
	// Recreate are the kinds that are deleted and created again where a change is not possible in place.
	Recreate []string
}

// Assembles reports whether images are put together from ready artifacts.
func (c Config) Assembles() bool {
	return images.Way{Build: c.Build, Join: c.Join, Endpoints: c.Endpoints, CloudBuild: c.CloudBuild}.Assembles()
}

// Secrets are the values of the inputs that no text may show, read through value as Parse does, whether they are valid
// or not: they have to be hidden before anything is printed.
func Secrets(value func(name string) string) []string {
	p := reader.Reader{Value: value}
	password := p.Text("registry-password")
	secrets := []string{password, p.Text("github-token")}
	if password != "" { // as it is sent, and as a server may quote it
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(p.Text("registry-username")+":"+password)))
	}
	for _, item := range reader.Items(p.Text("secrets")) {
		_, secret, _ := strings.Cut(item, "=")
		secrets = append(secrets, secret)
	}
	return secrets
}

// Problems is the error that Parse returns.
type Problems = reader.Problems

// Needs says which inputs a command cannot do without.
type Needs struct {
	// Images: at least one image must be given.
	Images bool
	// References are images given as arguments. Each has its reference as its name.
	References []string
	// Source is what is deployed. Its revision is the tag for images that name none.
	Source build.Source
	// Build: the command builds, whatever the mode.
	Build bool
	// Namespaces: the command is about several namespaces, or all.
	Namespaces bool
}

// Parse reads every input through value, which returns what the user gave for a name, or "".
// The error is a Problems.
func Parse(value func(name string) string, needs Needs) (Config, error) {
	p := parser{&reader.Reader{Value: value}}
	config := Config{
		RegistryUsername:   p.Text("registry-username"),
		RegistryPassword:   p.Text("registry-password"),
		InsecureRegistries: p.registries("insecure-registries"),
		Kustomization:      p.Text("kustomization"),
		PinDigest:          p.Boolean("pin-digest"),
		RemoteResources:    p.Boolean("remote-resources"),
		VerifyCache:        p.Text("verify-cache"),
		Commit:             p.commit(),
		Provider:           reader.Choice[identity.Provider](p.Reader, "provider"),
		Cluster:            p.Text("cluster"),
		ResourceGroup:      p.Text("resource-group"),
		Location:           p.Text("location"),
		Endpoint:           reader.Choice[identity.Endpoint](p.Reader, "endpoint"),
		Azure:              p.azure(),
		Google:             p.google(),
		Kubeconfig:         p.Text("kubeconfig"),
		KubeconfigExec:     reader.Choice[identity.ExecPolicy](p.Reader, "kubeconfig-exec"),
		KubeContext:        p.Text("kube-context"),
	}
	p.audit(&config, needs)
	p.deploy(&config)
	p.comparable(config)
	p.mode(&config, needs)
	config.Platforms = p.Platforms("platforms", p.Text("platforms"))
	config.Images = images.Request{Reader: p.Reader, Required: needs.Images, References: needs.References,
		Source: needs.Source, Way: images.Way{Build: config.Build, Join: config.Join, PushAs: config.PushAs,
			Endpoints: config.Endpoints, CloudBuild: config.CloudBuild}}.Read()
	p.credentials(config)
	p.signIn(config)
	if len(p.Problems) > 0 {
		return Config{}, p.Problems
	}
	return config, nil
}

// deploy reads how objects are applied and watched.
func (p parser) deploy(config *Config) {
	config.ArchPolicy = reader.Choice[placement.Policy](p.Reader, "arch-policy")
	config.ExpectedNodes = p.expectedNodes()
	config.PlanFor = reader.Choice[catalogue.PlanFor](p.Reader, "plan-for")
	config.OnInsufficientCapacity = reader.Choice[catalogue.CapacityPolicy](p.Reader, "on-insufficient-capacity")
	config.DryRun = p.Boolean("dry-run")
	config.Prune = p.Boolean("prune")
	config.Wait = p.Boolean("wait")
	config.WaitTimeout = p.Duration("wait-timeout")
	config.OnFailure = reader.Choice[catalogue.FailurePolicy](p.Reader, "on-failure")
	config.ForceConflicts = p.Boolean("force-conflicts")
	config.FieldManager = p.Text("field-manager")
	config.TakeOverFrom = reader.Items(p.Text("take-over-from"))
	config.Recreate = p.recreate()
	if config.Prune && !config.Wait {
		p.Problem("prune and wait: false exclude each other: what running pods still need must stay until the rollout was " +
			"watched and successful; set wait: true, or leave prune out")
	}
}

// mode reads whether images are built, or joined, and how.
func (p parser) mode(config *Config, needs Needs) {
	mode := reader.Choice[catalogue.Mode](p.Reader, "mode")
	config.Join = mode == catalogue.ModeJoin
	config.Build = mode != catalogue.ModeVerify || needs.Build
	config.PushAs = reader.Choice[catalogue.PushAs](p.Reader, "push-as")
	config.RemoveParts = p.Boolean("remove-parts")
	if config.PushAs != catalogue.PushIndex && (!needs.Build || config.Join) {
		p.Problem("push-as: %s is for command build on a native runner, with mode build; drop it here", config.PushAs)
	}
	if config.RemoveParts && !config.Join {
		p.Problem("remove-parts: only used with mode join; set mode to join, or drop it")
	}
	if config.Build && !config.Join {
		p.builders(config)
	}
}

// credentials come in pairs.
func (p parser) credentials(c Config) {
	if (c.RegistryUsername == "") != (c.RegistryPassword == "") {
		p.Problem("registry-username and registry-password go together; only one of them was given")
	}
}

// recreate reads the kinds that may be deleted and created again. With some would go data, or whatever others keep in
// them.
func (p parser) recreate() []string {
	kinds := reader.Items(p.Text("recreate"))
	for _, kind := range kinds {
		switch strings.ToLower(kind) {
		case "persistentvolume", "persistentvolumeclaim", "namespace", "customresourcedefinition":
			p.Problem("recreate: %s is never deleted, since its data or contents would be lost; remove it from the list", kind)
		}
	}
	return kinds
}

// parser reads what is no image.
type parser struct{ *reader.Reader }

// registries parses hosts with their ports, separated by commas.
func (p parser) registries(input string) []string {
	var hosts []string
	for _, item := range strings.FieldsFunc(p.Text(input), reader.Separates) {
		if _, err := name.NewRegistry(item, name.StrictValidation); err != nil {
			p.Problem("%s: %q is not a registry such as registry.lan:5000", input, item)
			continue
		}
		hosts = append(hosts, item)
	}
	return hosts
}
