package finding

// Kind describes a code. The README's table of findings is made from the catalogue, and docs/troubleshooting.md has a
// chapter with each code as a heading.
type Kind struct {
	Code Code
	// Severity is the worst that findings of this kind have.
	Severity Severity
	// Chapter is the chapter of docs/troubleshooting.md that explains the code.
	Chapter string
	// Meaning says what is wrong, and Remedy what to do about it, in Markdown.
	Meaning, Remedy string
}

// The chapters of docs/troubleshooting.md.
const (
	imagesChapter  = "Images and architectures"
	nodesChapter   = "Nodes"
	rolloutChapter = "The rollout"
	applyChapter   = "Applying"
)

// Catalogue describes every code, in the order of docs/troubleshooting.md.
var Catalogue = []Kind{
	{ExecFormatError, Error, imagesChapter,
		"a container starts, or would start, a binary for another CPU",
		"build the image for that platform, or keep the workload off those nodes: the finding contains the patch"},
	{PlatformMissing, Error, imagesChapter,
		"the image lacks a platform that was asked for, or that a node needs",
		"build it for that platform too, or ask for fewer `platforms`"},
	{PlatformMismatch, Error, imagesChapter,
		"an image's config names another platform than the index entry that leads to it",
		"rebuild; look for a base image that is pinned to one platform's digest"},
	{BinaryMismatch, Error, imagesChapter,
		"what the image starts (its entrypoint, a script's interpreter, what a shell command runs) is built for another " +
			"CPU than the index says",
		"rebuild that platform; the finding names the file, its layer and what it really is"},
	{BinaryUnchecked, Warning, imagesChapter,
		"what the image starts could not be determined, or only in part, and nothing is guessed; a warning where a layer " +
			"lacks what it should contain",
		"nothing, or see the message"},
	{IdenticalLayers, Error, imagesChapter,
		"two platforms share every layer although one of them contains a native binary",
		"rebuild; look for a base image that is pinned to one platform's digest"},
	{ChildDigest, Warning, imagesChapter,
		"a reference pins the manifest of one platform",
		"use the index's digest, which the finding contains"},
	{ImageNotFound, Error, imagesChapter,
		"the registry has no such repository, tag or digest",
		"check that the build pushed this commit's tag"},
	{ImageUnauthorized, Error, imagesChapter,
		"the registry refuses access to the image",
		"give `registry-username` and `registry-password`, or sign in without secrets; on the command line, `docker login` " +
			"is enough"},
	{ImageUnmatched, Error, imagesChapter,
		"no manifest uses a name of `images`, so the old image would stay",
		"correct the name"},
	{KustomizeNotice, Warning, imagesChapter,
		"kustomize remarks something about a kustomization, such as a deprecated field",
		"see the message"},
	{ImagePull, Error, imagesChapter,
		"a node can't pull the image, or the image could not be inspected",
		"see the message"},

	{NoMatchingNode, Error, nodesChapter,
		"selectors and affinities leave no node",
		"correct them, or add such nodes"},
	{UntoleratedTaint, Error, nodesChapter,
		"taints leave no node",
		"tolerate the taint: the finding contains the patch; or use `arch-policy: spread`"},
	{InsufficientCapacity, Error, nodesChapter,
		"the nodes that would fit are full",
		"add nodes, or request less; or let it use the nodes of the other CPU, which the finding names"},
	{EmptyPool, Info, nodesChapter,
		"only a pool that has no such node today would run the workload",
		"nothing where the pool grows when pods wait; else add a node to it"},
	{PlanIncomplete, Info, nodesChapter,
		"the plan could not look at something, or another scheduler decides it",
		"grant the right that the finding names; see `docs/rbac.yaml`"},
	{NotScheduled, Error, nodesChapter,
		"no scheduler looks for a node: a scheduling gate, another scheduler, an error of the scheduler's own",
		"remove the gate, or run the scheduler that the pod names"},

	{PodsRefused, Error, rolloutChapter,
		"the API server refuses the pods of a workload: a quota, Pod Security, a ServiceAccount that is missing, a webhook",
		"change the pod template, or the rule that the finding names"},
	{MissingReference, Error, rolloutChapter,
		"a pod or a claim names a Secret, ConfigMap, claim, ServiceAccount or storage class that is not there",
		"create it, or correct the reference, which the finding names"},
	{VolumeNotReady, Error, rolloutChapter,
		"a volume is not bound, attached or mounted",
		"see the claim, its class and the message"},
	{PodNotStarted, Error, rolloutChapter,
		"the node cannot set the pod up: its sandbox, network or runtime",
		"see the message; it is about the node, not about the image"},
	{CrashLoop, Error, rolloutChapter,
		"a container keeps exiting, not because of its CPU",
		"read the log lines in the finding"},
	{Unhealthy, Error, rolloutChapter,
		"a container runs and its probes fail",
		"correct the probe or the app"},
	{HeldBack, Warning, rolloutChapter,
		"pods keep an earlier revision, since the workload is paused, updated on delete, or behind a partition; or an " +
			"earlier image, since its tag is the same",
		"resume it, delete the pods, lower the partition, or set `pin-digest`"},
	{NotJudged, Info, rolloutChapter,
		"an object was applied, and its status does not say whether it is ready",
		"nothing; or say what ready means by an annotation, which the finding names"},
	{Deadline, Error, rolloutChapter,
		"`wait-timeout` passed before everything was ready",
		"see the other findings; wait longer"},

	{ApplyConflict, Error, applyChapter,
		"another field manager owns a field that the manifests set",
		"give the field up, or set `force-conflicts`"},
	{ApplyRejected, Error, applyChapter,
		"the API server refuses an object; nothing was applied except, where they are new, namespaces and CRDs that the " +
			"others need",
		"correct the manifest as the message says"},
	{AnnotationInvalid, Error, applyChapter,
		"an annotation `multiarch-deploy.dev/…` that cannot be read",
		"correct it as the message says"},
}
