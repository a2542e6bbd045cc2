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
			args := []string{"verify", "--images", "app=" + registry(t, refusing(http.StatusNotFound, "none")) + "/app", "--tag", "v1"}
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
	if r := j.run("run", "--images", "app=me/app", "--prune", "--wait=false"); r.status != 2 || !strings.Contains(r.log(), "prune and wait") {
		t.Errorf("status %d\n%s", r.status, r.log())
	}
}
