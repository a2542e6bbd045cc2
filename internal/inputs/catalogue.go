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
}

// Catalogue lists every input, in the order in which users meet them.
var Catalogue = []Input{
	{Name: "images", Group: "images", Required: true,
		Description: "The images of this commit, a line each: `NAME=REPOSITORY [platforms=...] [tag=...]`, NAME as it stands in the manifests."},
	{Name: "tag", Group: "images",
		Description: "Tag of the images. Default: the commit SHA."},
	{Name: "platforms", Group: "images", Default: "linux/amd64,linux/arm64",
		Description: "Platforms each image must have, separated by commas."},
	{Name: "mode", Group: "images", Default: "verify",
		Description: "`verify`: the images are in the registry already and are checked."},
	{Name: "registry-username", Group: "sign-in",
		Description: "User name for the registries of `images`. Default: what the Docker config file holds, or anonymous."},
	{Name: "registry-password", Group: "sign-in",
		Description: "Password or token for the registries of `images`. Masked in the log."},
	{Name: "kustomization", Group: "kustomize", Default: ".",
		Description: "Folder of the kustomization to edit, render and apply."},
	{Name: "pin-digest", Group: "kustomize", Default: "false", Boolean: true,
		Description: "Also write the digest of each image's index, so that the tag can't move under the deploy."},
	{Name: "remote-resources", Group: "kustomize", Default: "false", Boolean: true,
		Description: "Let the kustomization fetch resources from other hosts. This needs `git` beside the program for git addresses."},
	{Name: "provider", Group: "cluster", Default: "kubeconfig",
		Description: "How the cluster is reached: `kubeconfig`; or `aks` or `gke`, signed in by the job's own ID token."},
	{Name: "cluster", Group: "cluster",
		Description: "Name of the cluster; or its resource ID `/subscriptions/.../managedClusters/NAME`, or full name `projects/.../clusters/NAME`."},
	{Name: "resource-group", Group: "cluster",
		Description: "Resource group of an AKS cluster that is given by name."},
	{Name: "location", Group: "cluster",
		Description: "Region or zone of a GKE cluster that is given by name."},
	{Name: "endpoint", Group: "cluster", Default: "auto",
		Description: "Address of the cluster to use. `auto`: the one its cloud hands out, on GKE the one that a runner outside its network reaches. `public`: the public address of a private AKS cluster that has one, or of a GKE cluster. `private`: the one inside its network. On GKE also `dns` and `connect-gateway`."},
	{Name: "kubeconfig", Group: "cluster",
		Description: "Path of the kubeconfig file. Default: `KUBECONFIG`, or `~/.kube/config`."},
	{Name: "kube-context", Group: "cluster",
		Description: "Context of the kubeconfig. Default: its current context."},
	{Name: "namespace", Group: "cluster",
		Description: "Namespace for objects that name none. Default: the context's namespace, or `default`."},
	{Name: "azure-client-id", Group: "sign-in",
		Description: "Client ID of the app registration or managed identity that trusts this repository. Also signs in to `*.azurecr.io`."},
	{Name: "azure-tenant-id", Group: "sign-in",
		Description: "ID of its Microsoft Entra tenant."},
	{Name: "azure-subscription-id", Group: "sign-in",
		Description: "Subscription of an AKS cluster that is given by name."},
	{Name: "azure-environment", Group: "sign-in", Default: "public",
		Description: "Which Azure: `public`, `usgovernment` or `china`."},
	{Name: "gcp-project-id", Group: "sign-in",
		Description: "Project of a GKE cluster that is given by name."},
	{Name: "gcp-workload-identity-provider", Group: "sign-in",
		Description: "Provider that trusts this repository: `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`. Also signs in to `*.pkg.dev` and `gcr.io`."},
	{Name: "gcp-service-account", Group: "sign-in",
		Description: "E-mail address of a service account to act as. Default: none, roles are granted to the job itself."},
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
