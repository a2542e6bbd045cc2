package inputs

// Input describes one action input, which is also a flag of the same name.
// The action's metadata file, the flags and the README's tables all say what stands here; a test compares them.
type Input struct {
	Name        string
	Group       string
	Default     string
	Description string
	// Required inputs have no default and must be given to the commands that use them.
	Required bool
	// Boolean inputs take true or false; as a flag, the bare name means true.
	Boolean bool
	// List inputs take a value a line; as a flag, the name may be given several times.
	List bool
}

// Catalogue lists every input, in the order in which users meet them.
var Catalogue = []Input{
	{Name: "images", Group: "images", Required: true, List: true,
		Description: "The images of this commit, a line each: `NAME=REPOSITORY [key=value ...]`, NAME as it stands in the manifests. Keys stand for the inputs of the same name, for that image alone: `platforms`, `tag`, and with mode `build` `context`, `file`, `target`, `artifacts`, `base-image`."},
	{Name: "tag", Group: "images",
		Description: "Tag of the images. Default: the commit SHA."},
	{Name: "platforms", Group: "images", Default: "linux/amd64,linux/arm64",
		Description: "Platforms each image must have, separated by commas."},
	{Name: "mode", Group: "images", Default: "verify",
		Description: "`verify`: the images are in the registry already and are checked. `build`: they are built and pushed first. `plan` and `dry-run` never build, and check what is in the registry."},
	{Name: "builder", Group: "build", Default: "auto", List: true,
		Description: "What builds: `auto` (the Docker engine's BuildKit), `docker-container://NAME` (a builder of docker/setup-buildx-action), `tcp://HOST:PORT`, `unix://PATH`, or `assemble`, which puts `artifacts` onto `base-image` with no daemon. Several BuildKits, a line each, with the `platforms=...` that each builds."},
	{Name: "context", Group: "build",
		Description: "Folder, or git address, that a Dockerfile builds from. Default: the working directory."},
	{Name: "file", Group: "build",
		Description: "Path of the Dockerfile. Default: `Dockerfile` in the context."},
	{Name: "target", Group: "build",
		Description: "Stage of the Dockerfile to build. Default: the last one."},
	{Name: "build-args", Group: "build", List: true,
		Description: "Build arguments of the Dockerfile, `KEY=VALUE` a line."},
	{Name: "labels", Group: "build", List: true,
		Description: "Labels of the images, `KEY=VALUE` a line, beside those that say which commit they are of."},
	{Name: "annotations", Group: "build", List: true,
		Description: "Annotations of the images, `KEY=VALUE` a line. `index:KEY` and `manifest:KEY` annotate only the index or only each platform's manifest."},
	{Name: "secrets", Group: "build", List: true,
		Description: "Secrets for `RUN --mount=type=secret` of the Dockerfile, `ID=VALUE` a line. A value of several lines stands in double quotes with its ID. Masked in the log."},
	{Name: "ssh", Group: "build", List: true,
		Description: "SSH agents for `RUN --mount=type=ssh` of the Dockerfile, one a line: `ID`, the agent at `SSH_AUTH_SOCK`, or `ID=PATH[,PATH]`, an agent's socket or private keys."},
	{Name: "cache-from", Group: "build", List: true,
		Description: "Where to take cached layers from, such as `type=gha` or `type=registry,ref=REPOSITORY:TAG`, one a line."},
	{Name: "cache-to", Group: "build", List: true,
		Description: "Where to leave layers for the next build, such as `type=gha,mode=max` or `type=inline`, one a line."},
	{Name: "provenance", Group: "build",
		Description: "Provenance attestation: `true`, `false`, or parameters such as `mode=max`. Default: BuildKit's `mode=min`."},
	{Name: "sbom", Group: "build",
		Description: "SBOM attestation: `true`, `false`, or parameters such as `generator=IMAGE`. Default: none."},
	{Name: "artifacts", Group: "build", List: true,
		Description: "For `assemble`: files and folders that are ready to run, `SOURCE:DESTINATION[:MODE]` a line, such as `dist/{os}_{arch}{variant}/app:/app/app`."},
	{Name: "base-image", Group: "build", Default: "scratch",
		Description: "For `assemble`: the image below the artifacts, for every platform, or `scratch`."},
	{Name: "entrypoint", Group: "build",
		Description: "For `assemble`: what a container starts, as words or as a JSON list. Default: the base image's."},
	{Name: "env", Group: "build", List: true,
		Description: "For `assemble`: environment of the containers, `KEY=VALUE` a line, added to the base image's."},
	{Name: "workdir", Group: "build",
		Description: "For `assemble`: working directory of the containers. Default: the base image's."},
	{Name: "user", Group: "build",
		Description: "For `assemble`: user, and group, of the containers, such as `65532:65532`. Default: the base image's."},
	{Name: "registry-username", Group: "sign-in",
		Description: "User name for the registries of `images`. Default: what the Docker config file holds, or anonymous."},
	{Name: "registry-password", Group: "sign-in",
		Description: "Password or token for the registries of `images`. Masked in the log."},
	{Name: "insecure-registries", Group: "sign-in",
		Description: "Registries that may be spoken to over plain HTTP, `HOST:PORT`, separated by commas. Those on loopback always may."},
	{Name: "kustomization", Group: "kustomize", Default: ".",
		Description: "Folder of the kustomization to edit, render and apply."},
	{Name: "pin-digest", Group: "kustomize", Default: "false", Boolean: true,
		Description: "Also write the digest of each image's index, so that the tag can't move under the deploy."},
	{Name: "remote-resources", Group: "kustomize", Default: "false", Boolean: true,
		Description: "Let the kustomization fetch resources from other hosts. This needs `git` beside the program for git addresses."},
	{Name: "provider", Group: "cluster", Default: "kubeconfig",
		Description: "How the cluster is reached: `kubeconfig`."},
	{Name: "kubeconfig", Group: "cluster",
		Description: "Path of the kubeconfig file. Default: `KUBECONFIG`, or `~/.kube/config`."},
	{Name: "kube-context", Group: "cluster",
		Description: "Context of the kubeconfig. Default: its current context."},
	{Name: "namespace", Group: "cluster",
		Description: "Namespace for objects that name none. Default: the context's namespace, or `default`."},
	{Name: "arch-policy", Group: "deploy", Default: "fail",
		Description: "What to do when a pod could land where its image can't run: `fail` applies nothing, `pin` keeps it on nodes that fit, `spread` also opens tainted nodes that fit, `warn` goes ahead."},
	{Name: "dry-run", Group: "deploy", Default: "false", Boolean: true,
		Description: "Plan and show the difference; apply nothing and leave the kustomization file alone."},
	{Name: "prune", Group: "deploy", Default: "false", Boolean: true,
		Description: "Delete what an earlier deploy of this kustomization applied and this one no longer holds."},
	{Name: "wait", Group: "deploy", Default: "true", Boolean: true,
		Description: "Watch the rollout until everything is ready, or can't become ready."},
	{Name: "wait-timeout", Group: "deploy", Default: "10m",
		Description: "How long to wait for the rollout, such as `90s` or `10m`."},
	{Name: "on-failure", Group: "deploy", Default: "keep",
		Description: "What to do with a failed rollout: `keep` it for a look, or `rollback` to what ran before."},
	{Name: "force-conflicts", Group: "deploy", Default: "false", Boolean: true,
		Description: "Take over fields that another field manager owns."},
	{Name: "field-manager", Group: "deploy", Default: "multiarch-deploy",
		Description: "Field manager's name for server-side apply."},
}
