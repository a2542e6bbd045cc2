// Package inputs turns flags and INPUT_* variables into one validated Config.
// All problems are collected and reported together.
package inputs

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// Config is everything a run needs to know, checked.
type Config struct {
	Images []Image
	// Build: the images are to be built and pushed, by the BuildKits at Endpoints, by CloudBuild or, where there is
	// neither, by assembling their artifacts.
	Build bool
	// Join: they are joined from what jobs on native runners pushed; Build is true then. RemoveParts removes that
	// afterwards.
	Join, RemoveParts bool
	// PushAs is for jobs on native runners.
	PushAs     PushAs
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
	PlanFor       PlanFor
	// Platforms are those that images must have.
	Platforms   []v1.Platform
	DryRun      bool
	Prune       bool
	Wait        bool
	WaitTimeout time.Duration
	OnFailure   FailurePolicy
	// OnInsufficientCapacity is for pods that the plan finds no room for.
	OnInsufficientCapacity CapacityPolicy
	ForceConflicts         bool
	FieldManager           string
	// TakeOverFrom are field managers, and other deploys, to take objects over from.
	TakeOverFrom []string
	// Recreate are the kinds that are deleted and created again where a change is not possible in place.
	Recreate []string
}

// Image is one line of the images input.
type Image struct {
	// Name is the image as the manifests call it.
	Name string
	// Reference is the commit's image: repository and tag. For an argument it may be a digest too.
	Reference name.Reference
	// Platforms are those the image must have.
	Platforms []v1.Platform
	// Build is how it is built, with mode build.
	Build build.Spec
}

// Assembles reports whether images are put together from ready artifacts.
func (c Config) Assembles() bool {
	return c.Build && !c.Join && len(c.Endpoints) == 0 && c.CloudBuild == nil
}

// Secrets are the values of the inputs that no text may show, read through value as Parse does, whether they are valid
// or not: they have to be hidden before anything is printed.
func Secrets(value func(name string) string) []string {
	p := parser{value: value}
	password := p.text("registry-password")
	secrets := []string{password, p.text("github-token")}
	if password != "" { // as it is sent, and as a server may quote it
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(p.text("registry-username")+":"+password)))
	}
	for _, item := range items(p.text("secrets")) {
		_, secret, _ := strings.Cut(item, "=")
		secrets = append(secrets, secret)
	}
	return secrets
}

// Problems is the error that Parse returns: every problem with the inputs, each with its next step.
type Problems []string

// Error lists the problems, one per line.
func (p Problems) Error() string {
	if len(p) == 1 {
		return "1 problem with the inputs:\n  - " + p[0]
	}
	return fmt.Sprintf("%d problems with the inputs:\n  - %s", len(p), strings.Join(p, "\n  - "))
}

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
	p := parser{value: value}
	config := Config{
		RegistryUsername:   p.text("registry-username"),
		RegistryPassword:   p.text("registry-password"),
		InsecureRegistries: p.registries("insecure-registries"),
		Kustomization:      p.text("kustomization"),
		PinDigest:          p.boolean("pin-digest"),
		RemoteResources:    p.boolean("remote-resources"),
		VerifyCache:        p.text("verify-cache"),
		Commit:             p.commit(),
		Provider:           choice[identity.Provider](&p, "provider"),
		Cluster:            p.text("cluster"),
		ResourceGroup:      p.text("resource-group"),
		Location:           p.text("location"),
		Endpoint:           choice[identity.Endpoint](&p, "endpoint"),
		Azure:              p.azure(),
		Google:             p.google(),
		Kubeconfig:         p.text("kubeconfig"),
		KubeconfigExec:     choice[identity.ExecPolicy](&p, "kubeconfig-exec"),
		KubeContext:        p.text("kube-context"),
	}
	p.audit(&config, needs)
	p.deploy(&config)
	p.comparable(config)
	p.mode(&config, needs)
	config.Platforms = p.platforms("platforms", p.text("platforms"))
	config.Images = p.images(needs, config)
	p.credentials(config)
	p.signIn(config)
	if len(p.problems) > 0 {
		return Config{}, p.problems
	}
	return config, nil
}

// deploy reads how objects are applied and watched.
func (p *parser) deploy(config *Config) {
	config.ArchPolicy = choice[placement.Policy](p, "arch-policy")
	config.ExpectedNodes = p.expectedNodes()
	config.PlanFor = choice[PlanFor](p, "plan-for")
	config.OnInsufficientCapacity = choice[CapacityPolicy](p, "on-insufficient-capacity")
	config.DryRun = p.boolean("dry-run")
	config.Prune = p.boolean("prune")
	config.Wait = p.boolean("wait")
	config.WaitTimeout = p.duration("wait-timeout")
	config.OnFailure = choice[FailurePolicy](p, "on-failure")
	config.ForceConflicts = p.boolean("force-conflicts")
	config.FieldManager = p.text("field-manager")
	config.TakeOverFrom = items(p.text("take-over-from"))
	config.Recreate = p.recreate()
	if config.Prune && !config.Wait {
		p.problem("prune and wait: false exclude each other: what running pods still need must stay until the rollout was " +
			"watched and successful; set wait: true, or leave prune out")
	}
}

// mode reads whether images are built, or joined, and how.
func (p *parser) mode(config *Config, needs Needs) {
	mode := choice[Mode](p, "mode")
	config.Join = mode == ModeJoin
	config.Build = mode != ModeVerify || needs.Build
	config.PushAs = choice[PushAs](p, "push-as")
	config.RemoveParts = p.boolean("remove-parts")
	if config.PushAs != PushIndex && (!needs.Build || config.Join) {
		p.problem("push-as: %s is for command build on a native runner, with mode build; drop it here", config.PushAs)
	}
	if config.RemoveParts && !config.Join {
		p.problem("remove-parts: only used with mode join; set mode to join, or drop it")
	}
	if config.Build && !config.Join {
		p.builders(config)
	}
}

type parser struct {
	value    func(name string) string
	problems Problems
}

// problem notes a problem once: an input that applies to several images is read for each of them.
func (p *parser) problem(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.problems, text) {
		p.problems = append(p.problems, text)
	}
}

// text returns what was given for an input, or its default. A runner passes inputs that were left out as "".
func (p *parser) text(name string) string {
	if v := strings.TrimSpace(p.value(name)); v != "" {
		return v
	}
	return Lookup(name).Default
}

func (p *parser) boolean(name string) bool {
	text := p.text(name)
	v, err := strconv.ParseBool(text)
	if err != nil {
		p.problem("%s: %q is neither true nor false", name, text)
	}
	return v
}

// choice returns the value of an input that takes one of a fixed set of words.
func choice[T ~string](p *parser, name string) T {
	text, choices := p.text(name), Lookup(name).Choices
	if !slices.Contains(choices, text) {
		p.problem("%s: %q is not one of %s", name, text, strings.Join(choices, ", "))
	}
	return T(text)
}

func (p *parser) duration(name string) time.Duration {
	text := p.text(name)
	v, err := time.ParseDuration(text)
	if err != nil || v <= 0 {
		p.problem("%s: %q is not a duration; write it as 90s, 10m or 1h", name, text)
	}
	return v
}

// credentials come in pairs.
func (p *parser) credentials(c Config) {
	if (c.RegistryUsername == "") != (c.RegistryPassword == "") {
		p.problem("registry-username and registry-password go together; only one of them was given")
	}
}

// recreate reads the kinds that may be deleted and created again. With some would go data, or whatever others keep in
// them.
func (p *parser) recreate() []string {
	kinds := items(p.text("recreate"))
	for _, kind := range kinds {
		switch strings.ToLower(kind) {
		case "persistentvolume", "persistentvolumeclaim", "namespace", "customresourcedefinition":
			p.problem("recreate: %s is never deleted, since its data or contents would be lost; remove it from the list", kind)
		}
	}
	return kinds
}
