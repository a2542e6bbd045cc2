//go:build engines

package faults_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	cloudbuildtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/cloudbuild"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/faults"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// builders are the jobs that build.
var builders = map[string]func(*testing.T) job{"buildkit": buildKitJob, "cloud_build": cloudBuildJob}

// The same of requests to a builder.
func TestBefore_at_every_request_to_a_builder(t *testing.T) { each(t, builders, strike) }

func TestBefore_interrupted_at_every_request_to_a_builder(t *testing.T) { each(t, builders, interrupt) }

// buildKitJob has a real BuildKit build and push for both platforms.
func buildKitJob(t *testing.T) job {
	t.Helper()
	daemon := strings.TrimPrefix(buildkit.StartAt(t, "127.0.0.1"), "tcp://")
	plain := &http.Transport{Protocols: new(http.Protocols)} // gRPC without TLS
	plain.Protocols.SetUnencryptedHTTP2(true)
	proxy := faults.New(t, "http://"+daemon, plain)
	image := registry.Start(t, registry.Options{}).Host + "/app"
	dir := t.TempDir()
	env := buildEnv(t, dir)
	env["INPUT_IMAGES"], env["INPUT_BUILDER"] = "registry/app="+image, "tcp://"+proxy.Host
	return job{proxy: proxy, dir: dir, env: env, done: func(t *testing.T) { t.Helper(); hasBoth(t, image+":v1") }}
}

// cloudBuildJob has Cloud Build's stand-in build, with real buildx, from a context in a bucket.
func cloudBuildJob(t *testing.T) job {
	t.Helper()
	const artifacts = "europe-docker.pkg.dev"
	c := cloud.Start(t)
	google := googletest.New(c)
	google.ArtifactRegistry(artifacts)
	cloudbuildtest.New(google, cloudbuildtest.Worker(t, google))
	token := google.NodeToken()
	dir := t.TempDir()
	env := buildEnv(t, dir)
	env["INPUT_IMAGES"], env["INPUT_BUILDER"] = "registry/app="+artifacts+"/octo-shop/shop/app", "cloudbuild"
	env["INPUT_GCP-PROJECT-ID"], env["INPUT_GCP-WORKLOAD-IDENTITY-PROVIDER"] = "octo-shop", google.Provider.Name
	j := newJob(t, c, dir, env, func(t *testing.T) {
		t.Helper()
		hasBoth(t, artifacts+"/octo-shop/shop/app:v1", as(c, "oauth2accesstoken", token)...)
	})
	j.others = func(name string) bool { // it is the worker of Cloud Build who pushes
		method, url, _ := strings.Cut(name, " ")
		return method != http.MethodGet && strings.HasPrefix(url, artifacts+"/v2/")
	}
	return j
}

// buildEnv are the variables of a job that builds an image of one file, which is in its workspace.
func buildEnv(t *testing.T, dir string) map[string]string {
	t.Helper()
	write(t, filepath.Join(dir, "Dockerfile"), "FROM scratch\nCOPY app /app\nENTRYPOINT [\"/app\"]\n")
	write(t, filepath.Join(dir, "app"), "#!/bin/true\n")
	epoch := time.Unix(1_000_000_000, 0) // so that each run pushes the same, and asks for the same digests
	must(t, os.Chtimes(filepath.Join(dir, "app"), epoch, epoch))
	return map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_SHA": "v1", "GITHUB_WORKSPACE": dir, "GITHUB_REPOSITORY": "octo-org/octo-repo",
		"GITHUB_OUTPUT": filepath.Join(t.TempDir(), "output"), "INPUT_COMMAND": "build", "INPUT_TAG": "v1",
		"INPUT_PROVENANCE": "false", "INPUT_BUILD-ARGS": fmt.Sprint("SOURCE_DATE_EPOCH=", epoch.Unix()),
		"HOME": t.TempDir(),
	}
}

// hasBoth checks that an image is there for both platforms.
func hasBoth(t *testing.T, reference string, options ...remote.Option) {
	t.Helper()
	ref, err := name.ParseReference(reference)
	must(t, err)
	index, err := remote.Index(ref, options...)
	must(t, err)
	manifest, err := index.IndexManifest()
	must(t, err)
	if len(manifest.Manifests) != 2 {
		t.Errorf("%s has %d manifests, want 2", reference, len(manifest.Manifests))
	}
}
