// Package internal holds the pipeline of multiarch-deploy. On one page:
//
//	inputs      flags and INPUT_* variables -> one validated Config
//	identity    kubeconfig and Docker config, or the job's ID token -> a way into the cluster and its registries
//	image       reference -> index digest and the platforms it really has; verification
//	kustomize   image entries set in place, byte for byte otherwise; render
//	placement   pure: nodes x image platforms x pod specs -> where each can run, and the least fix
//	apply       server-side dry run and apply in stages, diff, rollback, prune -> what changed
//	rollout     watches applied objects until they are current and have settled, or are doomed
//	diagnose    a failing pod -> cause, evidence, fix
//	report      events and results -> log, annotations, job summary, JSON
//	action      the ordered list of steps of each command; outputs; exit status
//
// Stages do not import one another; only action knows them all, and report the values they return. What stages share is
// the domain's own types and four small vocabularies:
//
//	finding     the catalogue of what can be wrong
//	progress    the events that a stage emits while it works
//	object      how Kubernetes objects are named in words
//	platform    what a registry offers under a reference, and which of it a node takes
//
// Around the pipeline:
//
//	runner        the GitHub Actions runner: commands, outputs, summary
//	build/assemble  images put together from ready files
//	rootfs        a file in an image's layers, and what a container would start
//	identity/federation  a job's ID token, and a credential that renews itself
//	identity/azure       Entra, AKS and Azure Container Registry
//	identity/google      workload identity federation, GKE and Artifact Registry
//	cloudtest     stand-ins of GitHub's OIDC provider and of clouds, for tests
//	demo          real images of the sample apps
//	localcluster  starts the local cluster's program for the demo and the tests
//
// A run goes verify -> rewrite (in memory) -> render -> plan -> write -> apply -> rollout. Nothing is written or
// applied once there is a finding of severity error.
package internal
