package cloud_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

// job is a workflow job that runs the program as a container action does, in a workspace of its own.
type job struct {
	cloud   *cloudtest.Cloud
	program string
	// through is a command that runs the program, with arguments; nil runs it as it is.
	through []string
	// vars are variables that differ from those of a job.
	vars map[string]string
	// dir holds everything that the job may write: workspace, home, temporary files, outputs and summary.
	dir string
}

func newJob(t *testing.T, cloud *cloudtest.Cloud) *job {
	t.Helper()
	j := &job{cloud: cloud, program: programs.Path(t), dir: t.TempDir()}
	for _, dir := range []string{"workspace", "home", "tmp"} {
		if err := os.Mkdir(filepath.Join(j.dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return j
}

// write puts a file into the workspace.
func (j *job) write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(j.dir, "workspace", name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs the program with inputs, as a command given or the whole pipeline, checks that no secret is left behind, and
// returns the status and the log.
func (j *job) run(t *testing.T, inputs map[string]string, args ...string) (int, string) {
	t.Helper()
	status, log := j.attempt(t, inputs, args...)
	j.scan(t, log)
	return status, log
}

// attempt is run for what ends before it signs in anywhere.
func (j *job) attempt(t *testing.T, inputs map[string]string, args ...string) (int, string) {
	t.Helper()
	args = append(append(slices.Clone(j.through), j.program), args...)
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = filepath.Join(j.dir, "workspace")
	for name, value := range j.env(inputs) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run() // the status says how it went
	t.Log(asShown(out.String()))
	return cmd.ProcessState.ExitCode(), out.String()
}

// plan plans, and returns the report.
func (j *job) plan(t *testing.T, inputs map[string]string) report.Report {
	t.Helper()
	if status, _ := j.run(t, inputs, "plan"); status != 0 {
		t.Fatalf("status %d", status)
	}
	return j.report(t)
}

// report is that of the last run.
func (j *job) report(t *testing.T) report.Report {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(j.dir, "workspace", "multiarch-deploy-report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func (j *job) env(inputs map[string]string) map[string]string {
	env := j.cloud.Env()
	maps.Copy(env, map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_SHA": "v1", "GITHUB_REPOSITORY": "octo-org/octo-repo",
		"GITHUB_WORKSPACE":    filepath.Join(j.dir, "workspace"),
		"GITHUB_OUTPUT":       filepath.Join(j.dir, "output"),
		"GITHUB_STEP_SUMMARY": filepath.Join(j.dir, "summary"),
		"HOME":                filepath.Join(j.dir, "home"),
		"TMPDIR":              filepath.Join(j.dir, "tmp"),
		"PATH":                os.Getenv("PATH"),
	})
	for name, value := range inputs {
		env["INPUT_"+strings.ToUpper(name)] = value
	}
	maps.Copy(env, j.vars)
	return env
}
