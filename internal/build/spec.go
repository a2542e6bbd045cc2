// Package build says what images are made of and where they go, in the words that its builders share: buildkit/ and
// cloudbuild/ run a Dockerfile, assemble/ puts ready files onto a base.
package build

import (
	"io/fs"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Spec is one image to build for several platforms and to push as one index. A builder reads either Dockerfile or
// Assembly.
type Spec struct {
	// Name is the image as the manifests call it; messages are about this name.
	Name string
	// Reference is what the index is pushed as.
	Reference name.Tag
	// Platforms are those the index offers, each once; there is at least one.
	Platforms []v1.Platform
	// Labels go into each platform's config.
	Labels map[string]string
	// Annotations go into manifests.
	Annotations Annotations
	// Created is the time the image says it was made at; zero is unknown, and the Unix epoch is written instead,
	// since a clock would change the digest from run to run.
	Created time.Time

	// ByDigest pushes the index under no tag.
	ByDigest bool

	Dockerfile Dockerfile
	Assembly   Assembly
	// Parts are what to join, one for each of Platforms, where jobs have built them already.
	Parts []Part
}

// Part is where to find the image for one platform.
type Part struct {
	Platform v1.Platform
	// References are looked at in turn; the first that has an image for the platform counts.
	References []name.Reference
}

// Target is what the index is pushed to: its tag, or, by digest, the repository.
func (s Spec) Target() string {
	if s.ByDigest {
		return s.Reference.Context().Name()
	}
	return s.Reference.Name()
}

// Revision is the commit that the image is built from, or "".
func (s Spec) Revision() string { return s.Annotations.Index[RevisionKey] }

// Dockerfile says how an image is built from a Dockerfile. Its fields take what docker/build-push-action takes.
type Dockerfile struct {
	// Context is a local folder, or the URL of a git repository or archive.
	Context string
	// File is the Dockerfile's path; "" is Dockerfile in the context.
	File string
	// Target is the stage to build; "" is the last one.
	Target string
	// Args are the build arguments.
	Args map[string]string
	// Secrets are mounted by ID; none of them may reach a log or the image.
	Secrets map[string]string
	// SSH are the agents for RUN --mount=type=ssh, by ID: the agent's socket or the paths of private keys. No path
	// is the agent at SSH_AUTH_SOCK.
	SSH map[string][]string
	// CacheFrom and CacheTo are where layers are taken from and left for the next build.
	CacheFrom, CacheTo []Cache
	// Provenance and SBOM are the attestations to make: parameters such as "mode=max" or "generator=IMAGE",
	// "true" for BuildKit's own defaults, "false" for none, "" for what is usual.
	Provenance, SBOM string
}

// Cache is one cache of BuildKit's: a type such as registry, gha, local or inline, and its parameters.
// https://docs.docker.com/build/cache/backends/
type Cache struct {
	Type       string
	Parameters map[string]string
}

// Assembly says which ready files go onto which base, and how they are started.
type Assembly struct {
	// Artifacts are the files to add; there is at least one.
	Artifacts []Artifact
	// Base is the image below the files; nil is scratch.
	Base name.Reference
	// Entrypoint replaces the base's entrypoint and its arguments; nil keeps both.
	Entrypoint []string
	// Env adds to the base's environment: KEY=value.
	Env []string
	// WorkingDir and User replace the base's; "" keeps them.
	WorkingDir, User string
}

// Artifact is a file, or a folder with all it contains, that is ready to run.
type Artifact struct {
	// Source is its local path, in which {os}, {arch} and {variant} are those of each platform in turn.
	Source string
	// Destination is where it goes in the image: an absolute path. A file goes into it when it ends in a slash; of a
	// folder, the content goes there, as COPY of a Dockerfile has it.
	Destination string
	// Mode contains the permission bits of its files. 0 goes by what each file contains: 0755 for an ELF binary or a #!
	// script, 0644 for anything else, since files lose their modes on the way between jobs.
	Mode fs.FileMode
}

// Annotations are those of the index, which registries show, and those of each platform's manifest.
type Annotations struct{ Index, Manifest map[string]string }
