package cloudbuild_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/golden"
)

// TestBuild_asks compares what is submitted, all of it, with a file for each kind of build.
func TestBuild_asks(t *testing.T) {
	for _, test := range []struct {
		name      string
		platforms []v1.Platform
		fill      func(*world, *build.Spec)
	}{
		{"request_plain", []v1.Platform{amd64}, func(w *world, s *build.Spec) {}},
		{"request_all_of_it", []v1.Platform{arm64, {OS: "linux", Architecture: "arm", Variant: "v7"}}, func(w *world,
			s *build.Spec) {
			w.builder.Cloud = build.CloudBuild{
				Project: "octo-shop", Region: "europe-west1", Bucket: "octo-shop_cloudbuild",
				ServiceAccount: w.google.ServiceAccount,
				WorkerPool:     "projects/octo-shop/locations/europe-west1/workerPools/fast", MachineType: "E2_HIGHCPU_8",
				Timeout: 90 * 60e9,
			}
			s.Labels = map[string]string{"a": "$HOME", "b": "2"}
			s.Annotations.Index = map[string]string{"a": "1,2"}
			s.Dockerfile.Target, s.Dockerfile.Provenance, s.Dockerfile.SBOM = "final", "mode=max", "true"
			s.Dockerfile.CacheFrom = []build.Cache{{Type: "registry",
				Parameters: map[string]string{"ref": "gcr.io/octo-shop/cache"}}}
			s.Dockerfile.CacheTo = []build.Cache{{Type: "inline"}}
		}},
		{"request_remote_context", []v1.Platform{amd64}, func(_ *world, s *build.Spec) {
			s.Dockerfile.Context, s.Dockerfile.File = "https://github.com/octo-org/octo-repo.git#main:app", "prod.Dockerfile"
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, scripted(nil))
			s := spec(t, "web", folder(t, map[string]string{"Dockerfile": "FROM scratch"}), test.platforms...)
			test.fill(w, &s)
			if _, err := w.builder.Build(t.Context(), []build.Spec{s}); err != nil {
				t.Fatal(err)
			}
			submitted := w.builds.Submitted()[0]
			for i := range submitted.Steps {
				submitted.Steps[i].Status = ""
			}
			text, err := json.MarshalIndent(submitted, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", test.name+".json"), changing.ReplaceAllString(string(text), "…")+"\n")
		})
	}
}

func TestBuild_keeps_to_the_limits_of_a_step(t *testing.T) {
	many := map[string]string{}
	for _, a := range "abcdefghijk" {
		for _, b := range "abcdefghijk" {
			many[string([]rune{a, b})] = ""
		}
	}
	for name, args := range map[string]map[string]string{"a step of Cloud Build takes 100 arguments": many,
		"an argument of Cloud Build takes 4000 bytes": {"LONG": strings.Repeat("x", 4000)}} {
		w := newWorld(t, noDocker)
		s := spec(t, "web", folder(t, map[string]string{"Dockerfile": "FROM scratch"}), amd64)
		s.Dockerfile.Args = args
		_, err := w.builder.Build(t.Context(), []build.Spec{s})
		var user *build.StepError
		if !errors.As(err, &user) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestBuild_misses_files_before_it_sends_any(t *testing.T) {
	w := newWorld(t, noDocker)
	good, bad := spec(t, "web", folder(t, map[string]string{"Dockerfile": "FROM scratch"}), amd64), spec(t, "tools",
		t.TempDir(), amd64)
	_, err := w.builder.Build(t.Context(), []build.Spec{good, bad})
	if err == nil || !strings.Contains(err.Error(), "building shop/tools: there is no Dockerfile at ") ||
		strings.Contains(w.said(), "Sent") {
		t.Errorf("error %v, after:\n%s", err, w.said())
	}
}
