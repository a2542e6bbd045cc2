package cloudbuild

import (
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"google.golang.org/api/cloudbuild/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// The images that the steps run, by the digests of their indexes. Cloud Build takes a digest or a tag, not both.
const (
	// dockerImage is docker:29.1.3-cli, which contains buildx v0.30.1. Cloud Build's own gcr.io/cloud-builders/docker is
	// of 2022, and points to this one: https://github.com/GoogleCloudPlatform/cloud-builders/tree/master/docker
	dockerImage = "docker@sha256:4fa0ee1f3a7e4354c4ea34558b6d4ee32859baf4973d4c8ccc8e7fe3dd730c04"
	// binfmtImage is tonistiigi/binfmt:qemu-v10.2.3.
	binfmtImage = "tonistiigi/binfmt@sha256:400a4873b838d1b89194d982c45e5fb3cda4593fbfd7e08a02e76b03b21166f0"
	// buildKitImage is moby/buildkit:v0.30.0.
	buildKitImage = "moby/buildkit@sha256:0168606be2315b7c807a03b3d8aa79beefdb31c98740cebdffdfeebf31190c9f"
)

// The steps' IDs, as the log has them.
const (
	emulateStep = "emulate"
	builderStep = "builder"
	buildStep   = "build"
)

// results is where a step leaves what the build reports in the end: $BUILDER_OUTPUT/output, which no shell is here to
// find. https://github.com/GoogleCloudPlatform/cloud-build-local/blob/master/build/build.go
const results = "/builder/outputs/output"

// steps set up QEMU for the CPUs that Cloud Build's machines are not, then a BuildKit, and have it build and push. They
// run no shell, and every word is one argument, so nothing that a user wrote becomes a command.
func steps(spec build.Spec, from source) []*cloudbuild.BuildStep {
	var list []*cloudbuild.BuildStep
	if cpus := emulated(spec.Platforms); len(cpus) > 0 {
		list = append(list, docker(emulateStep, "run", "--rm", "--privileged", binfmtImage, "--install", strings.Join(cpus,
			",")))
	}
	list = append(list, docker(builderStep,
		"buildx", "create", "--name=multiarch", "--driver=docker-container",
		"--driver-opt=image="+buildKitImage, "--bootstrap"))
	last := docker(buildStep, literal(buildArgs(spec, from))...)
	// buildx would also describe the provenance in the results, of which Cloud Build keeps 50 KB.
	last.Env = []string{"BUILDX_METADATA_PROVENANCE=disabled"}
	return append(list, last)
}

// docker is a step that runs docker itself, and not the script that the image starts otherwise.
func docker(id string, args ...string) *cloudbuild.BuildStep {
	return &cloudbuild.BuildStep{Id: id, Name: dockerImage, Entrypoint: "docker", Args: args}
}

// emulated are the CPUs of the platforms that an amd64 machine can't run, in the words of binfmt.
func emulated(platforms []v1.Platform) []string {
	var cpus []string
	for _, p := range platforms {
		if p.Architecture != "amd64" && p.Architecture != "386" && !slices.Contains(cpus, p.Architecture) {
			cpus = append(cpus, p.Architecture)
		}
	}
	return cpus
}
