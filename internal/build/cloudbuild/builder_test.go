//go:build engines

package cloudbuild_test

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	cloudbuildtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/cloudbuild"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
)

// hostile is what a shell, a substitution of Cloud Build or a reader of CSV would trip over.
const hostile = `$PROJECT_ID ${X} $(false) "a",'b';` + "`false`" + ` | false\n`

// TestBuild_for_real has a real BuildKit build what Cloud Build was asked for: three images of two contexts.
func TestBuild_for_real(t *testing.T) {
	w := newWorld(t, realDocker(t))
	base := tag(t, registry+"/octo-shop/shop/busybox:1")
	buildkit.PushBusybox(t, base, w.remote()...)
	dockerfile := "FROM " + base.Name() + ` AS web
ARG WORDS
COPY . /src/
RUN uname -m >/cpu && echo "$WORDS" >/words && ls -a /src >/files && test -L /src/link && test "$(cat /src/link)" = text
FROM web AS tools
RUN echo tools >/stage
`
	shop := folder(t, map[string]string{
		"Dockerfile": dockerfile, ".dockerignore": "secret*\n.dockerignore\nDockerfile\n", "secret.txt": "x",
		"text.txt": "text", "link@": "text.txt", "outside@": "/etc/hostname",
	})
	other := folder(t, map[string]string{"app/here": "", "app/.dockerignore": "*"})
	elsewhere := folder(t, map[string]string{"other.Dockerfile": "FROM " + base.Name() + "\nCOPY here /\n",
		"other.Dockerfile.dockerignore": "nothing"})

	web := spec(t, "web", shop, amd64, arm64)
	web.Dockerfile.Target, web.Dockerfile.Args = "web", map[string]string{"WORDS": hostile}
	web.Labels = map[string]string{"words": hostile}
	web.Annotations = build.Annotations{Index: map[string]string{"words": hostile},
		Manifest: map[string]string{"of": "manifest"}}
	web.Created = time.Unix(1e9, 0)
	tools := spec(t, "tools", shop, arm64)
	tools.Dockerfile.Args, tools.Dockerfile.Provenance = web.Dockerfile.Args, "false"
	// A cache in the registry would be copied from it to itself, which the in-memory registry can't do: it reads an upload
	// to its end before it serves the layer that is being copied.
	tools.Dockerfile.CacheTo = []build.Cache{{Type: "inline"}}
	plain := spec(t, "plain", filepath.Join(other, "app"), amd64)
	plain.Dockerfile.File = filepath.Join(elsewhere, "other.Dockerfile")

	specs := []build.Spec{web, tools, plain}
	digests, err := w.builder.Build(t.Context(), specs)
	if err != nil {
		t.Fatalf("%v\n%s", err, w.said())
	}
	t.Log(w.said())
	for i, s := range specs {
		index, err := remote.Index(s.Reference, w.remote()...)
		if err != nil {
			t.Fatal(err)
		}
		digest, err := index.Digest()
		if diff := cmp.Diff(digests[i], digest); err != nil || diff != "" {
			t.Errorf("%s: %v (-told +pushed):\n%s", s.Name, err, diff)
		}
	}
	if count := strings.Count(w.said(), "Sent the context"); count != 2 {
		t.Errorf("%d contexts were sent, want 2", count)
	}
	if diff := cmp.Diff(map[string]int{"SUCCESS": 3}, w.builds.Statuses()); diff != "" {
		t.Errorf("builds (-want +got):\n%s", diff)
	}
	for _, object := range w.builds.Storage.Objects() {
		if !regexp.MustCompile(`^octo-shop_cloudbuild/multiarch-deploy/log-[0-9a-f-]{36}\.txt$`).MatchString(object) {
			t.Errorf("%s was left behind", object)
		}
	}
	look(t, w, web)
}

// look looks into what was built.
func look(t *testing.T, w *world, web build.Spec) {
	t.Helper()
	index, err := remote.Index(web.Reference, w.remote()...)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, m := range manifest.Manifests {
		platforms = append(platforms, m.Platform.String())
	}
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64", "unknown/unknown", "unknown/unknown"},
		platforms); diff != "" {
		t.Errorf("platforms (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(web.Annotations.Index, manifest.Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	for _, platform := range []v1.Platform{amd64, arm64} {
		image, err := remote.Image(web.Reference, append(w.remote(), remote.WithPlatform(platform))...)
		if err != nil {
			t.Fatal(err)
		}
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(hostile, config.Config.Labels["words"]); diff != "" {
			t.Errorf("%s: label (-want +got):\n%s", platform, diff)
		}
		cpu := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[platform.Architecture]
		want := map[string]string{"cpu": cpu + "\n", "words": hostile + "\n", "files": ".\n..\nlink\noutside\ntext.txt\n"}
		if diff := cmp.Diff(want, files(t, image, "cpu", "words", "files")); diff != "" {
			t.Errorf("%s: files (-want +got):\n%s", platform, diff)
		}
	}
}

func TestBuild_fails_for_real(t *testing.T) {
	w := newWorld(t, realDocker(t))
	base := tag(t, registry+"/octo-shop/shop/busybox:1")
	buildkit.PushBusybox(t, base, w.remote()...)
	_, err := one(t.Context(), t, w, map[string]string{"Dockerfile": "FROM " + base.Name() +
		"\nRUN echo no luck && false\n"})
	var user *build.StepError
	if !errors.As(err, &user) || user.Line != 2 || user.Step != "[linux/amd64 2/2] RUN echo no luck && false" ||
		!strings.Contains(strings.Join(user.Tail, "\n"), "no luck") {
		t.Errorf("error %v", err)
	}
	// the job's alone
	w.google.Roles["roles/artifactregistry.writer"] = w.google.Roles["roles/artifactregistry.writer"][:1]
	_, err = one(t.Context(), t, w, map[string]string{"Dockerfile": "FROM " + base.Name() + "\n"})
	if err == nil || errors.As(err, &user) || !strings.Contains(err.Error(), "--role=roles/artifactregistry.writer") {
		t.Errorf("error %v", err)
	}
}

// realDocker builds for real.
func realDocker(t *testing.T) func(*googletest.Google) cloudbuildtest.Docker {
	return func(g *googletest.Google) cloudbuildtest.Docker { return cloudbuildtest.Worker(t, g) }
}
