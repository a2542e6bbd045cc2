// Package internal holds the pipeline of multiarch-deploy. On one page:
//
//	inputs      flags and INPUT_* variables -> one validated Config (inputs/catalogue lists the inputs, inputs/reader
//	            reads their values, inputs/images the one that says which images there are and how each is built)
//	identity    kubeconfig and Docker config, or the job's ID token -> a way into the cluster and its registries
//	build       what images are made of; build/assemble joins ready files with a base and pushes, with no daemon;
//	            build/buildkit has BuildKits build Dockerfiles and push; build/cloudbuild has Google Cloud Build do it;
//	            build/join makes one index of what jobs on native runners pushed
//	image       reference -> index digest, and the platforms it really has; image/inspect looks into layers for what each
//	            would start (image/facts keeps what was found of a digest for later runs), image/verify compares both
//	            with what was asked for, image/newer looks for newer tags
//	kustomize   image entries set in place, byte for byte otherwise (kustomize/edit; kustomize/edit/yamltext changes
//	            fields and entries in a file's text), and written in one step (kustomize/files);
//	            render, in a process of its own (kustomize/renderer, bounded by kustomize/sandbox) that reads from
//	            kustomize/renderer/disk, with the schemas of definitions kept aside (kustomize/schemas);
//	            kustomize/renderer/explain puts into words what kustomize says;
//	            kustomize/imageuse finds which images are used, kustomize/origin which file has an object
//	            (kustomize/yamlnode its line); kustomize/archpatches is the file of patches that fix keeps
//	placement   pure: a cluster x image platforms x pods -> where each can run, and the least fix
//	            (placement/template finds pod templates in objects, placement/pods makes of them the pods that the
//	            scheduler gets, placement/schedule asks the scheduler's plugins about them, placement/landing sums up
//	            where a workload could land and what happens there, placement/patch changes what it asks of nodes,
//	            placement/room counts how many pods fit, placement/capacity says what finds no room and what helps)
//	apply       server-side dry run and apply in stages, diff, rollback, prune -> what changed
//	            (apply/manifest fits manifests for it, apply/stage orders them, apply/server reads and writes objects,
//	            apply/definitions waits until new kinds are served, apply/ownership moves fields of earlier appliers,
//	            apply/diff and apply/foresee show what will change, apply/change is what did, apply/rollback takes it
//	            back, apply/inventory keeps what a deploy applied, apply/prune deletes what it no longer has,
//	            apply/explain puts refusals into words)
//	rollout     watches applied objects until they are ready and stay so, or cannot get there
//	            (rollout/streams says what is watched, rollout/follow keeps the lists and watches of a cluster going,
//	            rollout/stability sees how long containers last)
//	diagnose    a failing pod -> cause, evidence, fix; diagnose/scheduling has those that no node takes
//	workloads   what runs in a cluster: the top owner of every controller, bare pods, and their pods
//	audit       pure: what runs x the plan x images -> what is at risk, what could move, and what it comes to in sum
//	gitops      the edit as a commit on GitHub, or as a pull request: gitops/checkout finds the repository,
//	            gitops/githubapi reads and writes it, gitops/message writes and knows the commits' messages
//	report      what a run found and did -> JSON, CSV, tables; report/log prints events and annotations,
//	            report/summary writes Markdown (report/markdown has its syntax)
//	action      the ordered list of steps of each command; outputs; exit status
//	            action/snapshot reads what a plan has to know of a cluster, action/lookup asks the registries,
//	            action/manifests is what the kustomization renders to and where each object was written;
//	            action/auditing takes the steps of an audit, action/fixing keeps the patches of a fix;
//	            action/status says which exit status an error comes to, action/publish writes what a run has
//	            come to, action/environment is what a runner passes in variables
//
// Stages do not import one another; only action knows them all, and report the values they return. What stages share is
// the domain's own types and eight small vocabularies:
//
//	finding     the catalogue of what can be wrong
//	progress    the events that a stage emits while it works
//	readiness   whether an object is what its manifest asks for, by what its status reports (readiness/annotation:
//	            by its own expressions), and how many pods it asks for (readiness/podcount)
//	object      an object's names, key and conditions, a pod's containers
//	node        what a node is: its platform, its taints, whether it takes pods now
//	pool        kinds of nodes that a cluster has or can have, whether or not there is one today
//	            (pool/machine knows the sizes of machines, pool/provision what provisioners may start)
//	reference   what pods and claims refer to by name, and who brings it
//	platform    what a registry offers under a reference, and which of it a node takes
//
// Around the pipeline:
//
//	runner        the GitHub Actions runner: commands, outputs, summary
//	admission     asks the API server, in dry runs, what it makes of pods; admission/rules works it out where it can't
//	docs          where this version's documentation is on the web
//	gitdir        what git keeps about a checkout: commit, branch and origin
//	rootfs        a file in an image's layers; rootfs/launch follows what a container would start
//	redact        keeps secrets and control characters out of texts
//	registry      the client for image registries: sign-in, limits, retries, plain HTTP, blobs, pushes
//	transport     limits and retries of every HTTP client, in one table
//	identity/federation  a job's ID token, and a credential that renews itself
//	identity/azure       Entra, AKS and Azure Container Registry
//	identity/google      Google's STS, GKE, fleets and Artifact Registry
//	googleapi     how Google's API libraries are used, and what to do about their refusals
//
// Below test is what represents the world in tests and in the demo. No product package imports it:
//
//	test/cluster    starts the local cluster's program
//	test/programs   builds the programs that tests and the demo run
//	test/agreement  holds the plan against a real control plane, over random nodes and workloads
//	test/registry   serves real registries
//	test/cloud      stand-ins of GitHub's OIDC provider and of clouds: test/cloud/azure, test/cloud/google, and
//	                test/cloud/cloudbuild
//	test/github     a stand-in of GitHub's API
//	test/buildkit   real BuildKits and Docker engines
//	test/engine     the action's own container, as a runner runs it
//	test/sampleapp  real images of the sample apps
//	test/console    runs the console sessions of the pages, and compares their output
//	test/hostile    attacks on the built program: registries, API servers, files, messages
//	test/peers      measures the program beside kubectl, kustomize, crane and BuildKit
//	test/faults     stands between a run and its services, and does to a request what networks do
//	test/golden     files of expected output, written anew by -update
//	test/reports    reports of deploys
//	test/layer      layers of images, as archives
//	test/ci         checks of the workflows and of the demos' Terraform; a module of its own
//
// A run goes build (with mode build) -> verify -> rewrite (in memory) -> render -> plan -> check (a dry run) -> write
// -> apply -> rollout -> commit -> prune (where asked for). An audit goes workloads -> image (a survey) -> placement
// (twice) -> audit. For Flux and Argo CD, rewrite with commit goes build -> verify -> rewrite -> render -> write ->
// commit. A fix goes verify -> render -> plan -> fix -> commit. A deploy writes and applies nothing once there is a
// finding of severity error, and plan and dry runs never build.
package internal
