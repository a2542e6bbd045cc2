package hostile

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReport_follows_no_link_out_of_the_workspace(t *testing.T) {
	tests := []struct {
		name, report, link, target string
		status                     int
	}{
		{"the_file_is_a_link", "", "multiarch-deploy-report.json", "victim", 1},
		{"the_file_that_was_named_is_a_link", "out.json", "out.json", "victim", 1},
		{"its_folder_is_a_link", "reports/victim", "reports", ".", 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			j, outside := newJob(t), t.TempDir()
			victim := filepath.Join(outside, "victim")
			if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join(outside, test.target), filepath.Join(j.workspace, test.link)); err != nil {
				t.Fatal(err)
			}
			args := []string{"verify", "--images", "app=" + registry(t, refusing(http.StatusNotFound, "none")) + "/app", "--tag",
				"v1"}
			if test.report != "" {
				args = append(args, "--report", test.report)
			}
			r := j.run(args...)
			if got := read(t, victim); got != "precious" {
				t.Errorf("a file outside of the workspace was written: %.80s", got)
			}
			if test.status == 1 && !strings.HasPrefix(read(t, filepath.Join(j.workspace, test.link)), "{") {
				t.Errorf("no report\n%s", r.log())
			}
		})
	}
}

func TestPrune_without_a_wait_is_refused(t *testing.T) {
	j := newJob(t)
	j.write("kustomization.yaml", "resources: []\n")
	if r := j.run("run", "--images", "app=me/app", "--prune", "--wait=false"); r.status != 2 ||
		!strings.Contains(r.log(), "prune and wait") {
		t.Errorf("status %d\n%s", r.status, r.log())
	}
}

// Repositories come from variables, which a workflow may have forgotten to set.
func TestInputs_that_make_no_sense_change_nothing(t *testing.T) {
	for _, repository := range []string{"", "ghcr.io/me/", "ghcr.io//app", "-x", "a..b", "ghcr.io:99999/app",
		"ghcr.io/Me/App"} {
		j := newJob(t)
		j.write("kustomization.yaml", "resources: [app.yaml]\n")
		j.write("app.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec: {containers: [{name: app, image: "+
			"app}]}\n")
		r := j.run("rewrite", "--tag", "v1", "--images", "app="+repository)
		if got := read(t, filepath.Join(j.workspace, "kustomization.yaml")); r.status != 2 ||
			got != "resources: [app.yaml]\n" {
			t.Errorf("%q: status %d, want 2; the kustomization is %q\n%s", repository, r.status, got, r.log())
		}
	}
}

// An image must not get a file of the machine because a pull request has a link in place of an artifact.
func TestArtifacts_follow_no_link_out_of_the_working_directory(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, artifact := range []string{"app", "dist/app"} {
		j, pushed := newJob(t), false
		link := filepath.Join(j.workspace, "app")
		if artifact != "app" {
			link = filepath.Join(j.workspace, "dist")
			secret = filepath.Dir(secret)
		}
		if err := os.Symlink(secret, link); err != nil {
			t.Fatal(err)
		}
		host := registry(t, func(w http.ResponseWriter, r *http.Request) {
			pushed = pushed || r.Method != http.MethodGet && r.Method != http.MethodHead
			refusing(http.StatusNotFound, "none")(w, r)
		})
		r := j.run("build", "--builder", "assemble", "--artifacts",
			strings.Replace(artifact, "dist/app", "dist/secret", 1)+":/app/app",
			"--images", "app="+host+"/app", "--tag", "v1")
		if r.status != 1 || pushed || !strings.Contains(r.log(), "is a link out of the working directory") {
			t.Errorf("%s: status %d, want 1; something was pushed: %v\n%s", artifact, r.status, pushed, r.log())
		}
	}
}
