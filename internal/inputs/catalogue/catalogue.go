// Package catalogue lists the inputs: their names, defaults, words and descriptions.
package catalogue

import (
	"fmt"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/azure"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
)

// Input describes one input of the action, which is also a flag of the same name. Parsing, the help, the inputs of
// action.yml and the README's table are all made from it (`make update` writes the files).
type Input struct {
	Name string
	// Group is what the input is about, and the heading it has in the help.
	Group Group
	// Default is the value of an input that was left out, "" for none.
	Default string
	// Choices are the values that the input takes, where it takes a fixed set of words. Default is one of them.
	Choices []string
	// Text describes the input in Markdown.
	Text string
	// List inputs take one entry per line; as a flag, the name may be given several times.
	List bool
	// Expression is the default in action.yml, where only a workflow can evaluate it.
	Expression string
	// Variable is an environment variable that is read where the input was left out.
	Variable string
	// Runner inputs are for the action alone: the command line has another way to say the same.
	Runner bool
}

// Group is what a number of inputs are about.
type Group string

// The groups, in the order of the catalogue.
const (
	What      Group = "What to do"
	Images    Group = "Images"
	Build     Group = "Build"
	Kustomize Group = "Kustomization"
	Record    Group = "Commit"
	Cluster   Group = "Cluster"
	SignIn    Group = "Sign-in"
	Deploy    Group = "Deploy"
	Audit     Group = "Audit"
)

// Boolean reports whether the input is true or false. As a flag, the bare name then means true.
func (in Input) Boolean() bool { return len(in.Choices) == 2 && in.Choices[0] == "true" }

// Lookup returns the input of a name. It panics where the catalogue has none: the name is in this program's source.
func Lookup(name string) Input {
	for _, in := range All {
		if in.Name == name {
			return in
		}
	}
	panic(fmt.Sprintf("catalogue: there is no input %q", name))
}

var trueOrFalse = []string{"true", "false"}

// All lists every input, in the order in which users meet them.
var All = []Input{
	{Name: "command", Group: What, Default: "run",
		Choices: []string{"run", "build", "verify", "plan", "rewrite", "audit", "fix"},
		Runner:  true,
		Text: "What to do: `run`, the whole pipeline; `build`, `verify` or `plan`, a part of it; or `rewrite`, which sets " +
			"the images in " +
			"the kustomization and needs no cluster. With `commit`, `rewrite` also builds (with mode `build`), verifies and " +
			"records them, " +
			"for Flux or Argo CD to deploy. `fix` keeps the patches that `arch-policy` `pin` or `spread` would make in the " +
			"repository; it needs no `images`."},

	{Name: "images", Group: Images, List: true,
		Text: "Required by all commands but `audit` and `fix`. The images of this commit, one per line: " +
			"`NAME=REPOSITORY [key=value ...]`, with NAME as the manifests " +
			"write it. Keys override " +
			"the inputs of the same name for that image: `platforms`, `tag`, and with mode `build` `context`, `file`, " +
			"`target`, `artifacts`, `base-image`; with `mode: join`, `sources`."},
	{Name: "tag", Group: Images,
		Text: "Tag of the images. Default: the commit SHA."},
	{Name: "platforms", Group: Images, Default: "linux/amd64,linux/arm64",
		Text: "Platforms that each image must have, separated by commas."},
	{Name: "mode", Group: Images, Default: "verify", Choices: names(ModeVerify, ModeBuild, ModeJoin),
		Text: "`verify`: the images are in the registry already and are checked. `build`: they are built and pushed first. " +
			"`join`: jobs on native " +
			"runners have pushed them with `push-as: platform`, one platform each; they are checked and joined into one " +
			"index. `plan` and " +
			"`dry-run` never build or join, and check what is in the registry."},
	{Name: "verify-cache", Group: Images,
		Text: "Folder that keeps which digests were found to be right, so that a later run of the same release does not " +
			"read their layers again. Who may write to it decides what counts as verified. Default: none."},
	{Name: "push-as", Group: Build, Default: "index", Choices: names(PushIndex, PushPlatform, PushDigest),
		Text: "How `command: build` pushes: `index`, under the tag; for a job that builds one platform on a native runner, " +
			"`platform`, under " +
			"`{tag}-{os}-{arch}{variant}`, where `mode: join` finds it; or `digest`, under no tag."},
	{Name: "remove-parts", Group: Build, Default: "false", Choices: trueOrFalse,
		Text: "With `mode: join`, remove the tags of the single platforms once the image has its own, where the registry " +
			"allows it."},

	{Name: "builder", Group: Build, Default: "auto", List: true,
		Text: "What builds: `auto` (the Docker engine's BuildKit), `docker-container://NAME` (a builder of " +
			"docker/setup-buildx-action), " +
			"`tcp://HOST:PORT`, `unix://PATH`, `cloudbuild [key=value ...]` (Google Cloud Build, without Docker on the " +
			"runner), or `assemble`, " +
			"which puts `artifacts` onto `base-image` without a daemon. Several BuildKits, one per line, each with the " +
			"`platforms=...` that it builds."},
	{Name: "context", Group: Build,
		Text: "Folder, or git address, that a Dockerfile builds from. Default: the working directory."},
	{Name: "file", Group: Build,
		Text: "Path of the Dockerfile. Default: `Dockerfile` in the context."},
	{Name: "target", Group: Build,
		Text: "Stage of the Dockerfile to build. Default: the last one."},
	{Name: "build-args", Group: Build, List: true,
		Text: "Build arguments of the Dockerfile, one `KEY=VALUE` per line."},
	{Name: "labels", Group: Build, List: true,
		Text: "Labels of the images, one `KEY=VALUE` per line, added to those that name the commit."},
	{Name: "annotations", Group: Build, List: true,
		Text: "Annotations of the images, one `KEY=VALUE` per line. `index:KEY` and `manifest:KEY` annotate only the index " +
			"or only each platform's manifest."},
	{Name: "secrets", Group: Build, List: true,
		Text: "Secrets for `RUN --mount=type=secret` of the Dockerfile, one `ID=VALUE` per line. Put a value of several " +
			"lines into double quotes, " +
			"together with its ID. Masked in the log."},
	{Name: "ssh", Group: Build, List: true,
		Text: "SSH agents for `RUN --mount=type=ssh` of the Dockerfile, one per line: `ID`, the agent at `SSH_AUTH_SOCK`, " +
			"or `ID=PATH[,PATH]`, " +
			"an agent's socket or private keys."},
	{Name: "cache-from", Group: Build, List: true,
		Text: "Where to take cached layers from, one per line, such as `type=gha` or `type=registry,ref=REPOSITORY:TAG`."},
	{Name: "cache-to", Group: Build, List: true,
		Text: "Where to leave layers for the next build, one per line, such as `type=gha,mode=max` or `type=inline`."},
	{Name: "provenance", Group: Build,
		Text: "Provenance attestation: `true`, `false`, or parameters such as `mode=max`. Default: BuildKit's `mode=min`."},
	{Name: "sbom", Group: Build,
		Text: "SBOM attestation: `true`, `false`, or parameters such as `generator=IMAGE`. Default: none."},
	{Name: "artifacts", Group: Build, List: true,
		Text: "For `assemble`: files and folders that are ready to run, one `SOURCE:DESTINATION[:MODE]` per line, such as " +
			"`dist/{os}_{arch}{variant}/app:/app/app`."},
	{Name: "base-image", Group: Build, Default: "scratch",
		Text: "For `assemble`: the image below the artifacts, for every platform, or `scratch`."},
	{Name: "entrypoint", Group: Build,
		Text: "For `assemble`: what a container starts, as words or as a JSON list. Default: the base image's."},
	{Name: "env", Group: Build, List: true,
		Text: "For `assemble`: environment of the containers, one `KEY=VALUE` per line, added to the base image's."},
	{Name: "workdir", Group: Build,
		Text: "For `assemble`: working directory of the containers. Default: the base image's."},
	{Name: "user", Group: Build,
		Text: "For `assemble`: user, and group, of the containers, such as `65532:65532`. Default: the base image's."},

	{Name: "registry-username", Group: SignIn,
		Text: "User name for the registries of `images`. Default: that of the Docker config file, or anonymous."},
	{Name: "registry-password", Group: SignIn,
		Text: "Password or token for the registries of `images`. Masked in the log."},
	{Name: "insecure-registries", Group: SignIn,
		Text: "Registries that may be reached over plain HTTP, as `HOST:PORT`, separated by commas. Those on loopback " +
			"always may."},

	{Name: "kustomization", Group: Kustomize, Default: ".",
		Text: "Folder of the kustomization to edit, render and apply."},
	{Name: "pin-digest", Group: Kustomize, Default: "false", Choices: trueOrFalse,
		Text: "Also write the digest of each image's index, so that the tag can't move under the deploy."},
	{Name: "remote-resources", Group: Kustomize, Default: "false", Choices: trueOrFalse,
		Text: "Allow the kustomization to fetch from other hosts: files over https, and git repositories over https and " +
			"ssh, which needs `git` beside the program. Git gets no token of the job; where it needs one, configure git."},

	{Name: "commit", Group: Record, Default: "none", Choices: names(CommitNone, CommitToBranch, CommitByPullRequest),
		Text: "Record the images in the repository, through GitHub's API as a signed commit, once the deploy has " +
			"succeeded: `commit` to the " +
			"branch, `pull-request`, or `none`."},
	{Name: "commit-branch", Group: Record,
		Text: "Branch that the commit, or the pull request, is for. Default: the one that is checked out."},
	{Name: "commit-message", Group: Record, Default: "Deploy {tag} to {kustomization}",
		Text: "Commit message. Its first line is also the title of the pull request. `{tag}` is the first image's tag, " +
			"`{revision}` the commit " +
			"that is deployed, `{kustomization}` its folder in the repository, `{branch}` the branch that the change is for."},
	{Name: "pull-request-branch", Group: Record, Default: "multiarch-deploy/{kustomization}",
		Text: "Branch of the pull request, with the same placeholders. Each deploy creates it anew."},
	{Name: "github-token", Group: Record, Expression: "${{ github.token }}", Variable: "GITHUB_TOKEN",
		Text: "Token for `commit`, with `contents: write`, for a pull request also `pull-requests: write`. Default: the " +
			"job's own; on the command " +
			"line `GITHUB_TOKEN`. Masked in the log."},
	{Name: "comment", Group: Record, Default: "false", Choices: trueOrFalse,
		Text: "Show the result as a comment of the pull request that started the run, which later runs update. " +
			"`github-token` then needs " +
			"`pull-requests: write`, which pull requests from forks don't get."},

	{Name: "provider", Group: Cluster, Default: "kubeconfig",
		Choices: names(identity.ProviderKubeconfig, identity.ProviderAKS, identity.ProviderGKE),
		Text: "How the cluster is reached: by a `kubeconfig`; " +
			"or on `aks` or `gke`, signed in with the job's own ID token."},
	{Name: "cluster", Group: Cluster,
		Text: "Name of the cluster; or its resource ID `/subscriptions/.../managedClusters/NAME`, or full name " +
			"`projects/.../clusters/NAME`."},
	{Name: "resource-group", Group: Cluster,
		Text: "Resource group of an AKS cluster that is given by name."},
	{Name: "location", Group: Cluster,
		Text: "Region or zone of a GKE cluster that is given by name."},
	{Name: "endpoint", Group: Cluster, Default: "auto",
		Choices: names(identity.EndpointAuto, identity.EndpointPublic, identity.EndpointPrivate,
			identity.EndpointDNS, identity.EndpointConnectGateway),
		Text: "Address of the cluster to use. `auto`: the one that its cloud returns, on GKE the one that a runner outside " +
			"its network reaches. " +
			"`public`: the public name of a private AKS cluster that has one, or the public address of a GKE cluster. " +
			"`private`: the one inside " +
			"its network. On GKE also `dns` and `connect-gateway`."},
	{Name: "kubeconfig", Group: Cluster,
		Text: "Path of the kubeconfig file, or its content, such as a secret of the repository. Default: `KUBECONFIG`, or " +
			"`~/.kube/config`; in a " +
			"pod that has neither, its service account."},
	{Name: "kubeconfig-exec", Group: Cluster, Default: "allow", Choices: names(identity.ExecAllow, identity.ExecForbid),
		Text: "Whether the kubeconfig may run a program to get a token, as `kubelogin`. `forbid` refuses a kubeconfig that " +
			"names one; " +
			"`allow` names it in the log."},
	{Name: "kube-context", Group: Cluster,
		Text: "Context of the kubeconfig. Default: its current context."},
	{Name: "namespace", Group: Cluster, List: true,
		Text: "Namespace for objects that name none. Default: the context's namespace, or `default`. For `audit` the " +
			"namespaces to look at, one per line; default: all."},

	{Name: "azure-client-id", Group: SignIn,
		Text: "Client ID of the app registration or managed identity that trusts this repository. Also signs in to " +
			"`*.azurecr.io`."},
	{Name: "azure-tenant-id", Group: SignIn,
		Text: "ID of its Microsoft Entra tenant."},
	{Name: "azure-subscription-id", Group: SignIn,
		Text: "Subscription of an AKS cluster that is given by name."},
	{Name: "azure-environment", Group: SignIn, Default: "public",
		Choices: names(azure.Public, azure.USGovernment, azure.China),
		Text:    "Which Azure: `public`, `usgovernment` or `china`."},
	{Name: "gcp-project-id", Group: SignIn,
		Text: "Project of a GKE cluster that is given by name, and of Cloud Build's builds."},
	{Name: "gcp-workload-identity-provider", Group: SignIn,
		Text: "Provider that trusts this repository: " +
			"`projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`. Also signs in " +
			"to `*.pkg.dev` and `gcr.io`."},
	{Name: "gcp-service-account", Group: SignIn,
		Text: "E-mail address of a service account to act as. Default: none, roles are granted to the job itself."},

	{Name: "arch-policy", Group: Deploy, Default: "fail",
		Choices: names(placement.Fail, placement.Pin, placement.Spread, placement.Warn),
		Text: "What to do when a pod could land where its image can't run: `fail` applies nothing, `pin` keeps it on nodes " +
			"that fit, `spread` also " +
			"opens tainted nodes that fit, `warn` continues."},
	{Name: "expect-nodes", Group: Deploy, List: true,
		Text: "Nodes that the cluster is about to get, one pool per line: `arch=arm64 [os=linux] " +
			"[taint=KEY=VALUE:EFFECT]... [label=KEY=VALUE]... [cpu=4] [memory=16Gi] [max=10]`. The plan judges them like " +
			"nodes that are there."},
	{Name: "plan-for", Group: Deploy, Default: "nodes", Choices: names(PlanForNodes, PlanForPlatforms),
		Text: "Which nodes the plan has to hold for: `nodes`, those that the cluster has, can have or is expected to get; " +
			"or `platforms`, also a node of each of `platforms`, whatever there is today: a workload whose images lack one is " +
			"a finding, and `pin` pins it."},
	{Name: "on-insufficient-capacity", Group: Deploy, Default: "warn",
		Choices: names(CapacityWarn, CapacityFail),
		Text:    "What to do when the plan finds no room for all pods: `warn` and continue, or `fail` and apply nothing."},
	{Name: "dry-run", Group: Deploy, Default: "false", Choices: trueOrFalse,
		Text: "Plan and show the difference; apply nothing and leave the kustomization file unchanged."},
	{Name: "prune", Group: Deploy, Default: "false", Choices: trueOrFalse,
		Text: "Delete what an earlier deploy of this kustomization applied and this one no longer contains, once the " +
			"rollout was successful. This needs `wait`."},
	{Name: "wait", Group: Deploy, Default: "true", Choices: trueOrFalse,
		Text: "Watch the rollout until everything is ready, or can't become ready."},
	{Name: "wait-timeout", Group: Deploy, Default: "10m",
		Text: "How long to wait for the rollout, such as `90s` or `10m`."},
	{Name: "on-failure", Group: Deploy, Default: "keep", Choices: names(Keep, Rollback),
		Text: "What to do with a failed rollout: `keep` it for inspection, or `rollback` to what ran before."},
	{Name: "force-conflicts", Group: Deploy, Default: "false", Choices: trueOrFalse,
		Text: "Take over fields that another field manager owns."},
	{Name: "take-over-from", Group: Deploy, List: true,
		Text: "Owners to take objects over from, one per line: field managers, such as `helm`, besides `kubectl apply`, " +
			"whose fields are always taken over; and other deploys of this action, `OWNER/REPOSITORY:FOLDER`."},
	{Name: "recreate", Group: Deploy, List: true,
		Text: "Kinds to delete and create again where a change is not possible in place, one per line, such as `Job` or " +
			"`RoleBinding`. The annotation `multiarch-deploy.dev/recreate: \"true\"` allows it for one object."},
	{Name: "field-manager", Group: Deploy, Default: "multiarch-deploy",
		Text: "Field manager's name for server-side apply."},

	{Name: "own-images", Group: Audit, List: true,
		Text: "Repositories of your own images, or what they begin with, one per line, such as `ghcr.io/me`; `audit` takes " +
			"all others for a third party's. Default: those in registries where third parties don't publish."},
	{Name: "price", Group: Audit,
		Text: "Prices of a core-hour by architecture, in any currency, such as `amd64=0.048,arm64=0.038`; `audit` then " +
			"says what a move is worth."},
}

// names are the values of a set of words as text.
func names[T ~string](values ...T) []string {
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = string(value)
	}
	return list
}
