package cloudbuild_test

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
	cloudbuildtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/cloudbuild"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/golden"
)

// changing is what differs from run to run: temporary folders, and the names of objects and builds.
var changing = regexp.MustCompile(`/[^":]*/Test[^":]*/00[0-9]|[A-Z2-7]{26}|[0-9a-f]{8}-[0-9a-f-]{27}`)

// noDocker is for builds that must not start.
func noDocker(*googletest.Google) cloudbuildtest.Docker {
	return func(context.Context, cloudbuildtest.Container) error { return errors.New("a build was started") }
}

func TestBuild_tells_what_was_refused_and_what_to_do(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*world)
	}{
		{"storage_api_off", func(w *world) { w.google.Disabled = []string{"storage.googleapis.com"} }},
		{"build_api_off", func(w *world) { w.google.Disabled = []string{"cloudbuild.googleapis.com"} }},
		{"no_bucket_viewer", func(w *world) { w.google.Roles["roles/storage.bucketViewer"] = nil }},
		{"bucket_of_another_project", func(w *world) { w.builds.Storage.Buckets["octo-shop_cloudbuild"] = "evil-corp" }},
		{"no_such_bucket", func(w *world) { w.builder.Cloud.Bucket, w.builder.Cloud.Region = "octo-builds", "europe-west1" }},
		{"no_object_user", func(w *world) { w.google.Roles["roles/storage.objectUser"] = nil }},
		{"no_builds_editor", func(w *world) { w.google.Roles["roles/cloudbuild.builds.editor"] = nil }},
		{"may_not_act_as_the_default_account", func(w *world) { w.google.Roles["roles/iam.serviceAccountUser"] = nil }},
		{"may_not_act_as_the_named_account", func(w *world) {
			w.builder.Cloud.ServiceAccount = "builder@octo-shop.iam.gserviceaccount.com"
			w.google.Roles["roles/iam.serviceAccountUser"] = nil
		}},
		{"account_may_not_use_the_bucket", func(w *world) {
			w.builder.Cloud.ServiceAccount = "builder@octo-shop.iam.gserviceaccount.com"
		}},
		{"region_not_for_this_project", func(w *world) { w.builder.Cloud.Region = "europe-west3" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, noDocker)
			test.change(w)
			_, err := w.builder.Build(t.Context(), []build.Spec{spec(t, "web", folder(t,
				map[string]string{"Dockerfile": "FROM scratch"}), amd64)})
			if err == nil {
				t.Fatal("no error")
			}
			golden.Check(t, filepath.Join("testdata", test.name+".txt"), changing.ReplaceAllString(err.Error(), "…")+"\n")
			for _, secret := range w.Secrets() {
				if strings.Contains(err.Error(), secret) {
					t.Error("the error holds a secret")
				}
			}
			var user *build.StepError
			if errors.As(err, &user) {
				t.Error("the error blames the user's files")
			}
			if left := w.builds.Storage.Objects(); len(left) != 0 {
				t.Errorf("%v was left behind", left)
			}
		})
	}
}

func TestBuild_tells_an_unreachable_service(t *testing.T) {
	w := newWorld(t, noDocker)
	w.Handle("cloudbuild.googleapis.com", nil)
	_, err := w.builder.Build(t.Context(), []build.Spec{spec(t, "web", folder(t,
		map[string]string{"Dockerfile": "FROM scratch"}), amd64)})
	var refusal *googleapi.Refusal
	if err == nil || errors.As(err, &refusal) || !strings.Contains(err.Error(),
		"check that this machine may connect to cloudbuild.googleapis.com") {
		t.Errorf("error %v", err)
	}
}
