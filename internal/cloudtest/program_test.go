package cloudtest_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"github.com/multiarch-deploy/multiarch-deploy/internal/cloudtest"
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
	j := &job{cloud: cloud, program: program(t), dir: t.TempDir()}
	for _, dir := range []string{"workspace", "home", "tmp"} {
		if err := os.Mkdir(filepath.Join(j.dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return j
}

// program builds the program, unless it is up to date, and returns its path.
func program(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../bin/multiarch-deploy-test")
	if err != nil {
		t.Fatal(err)
	}
	mutex := flock.New(path + ".lock")
	if err := mutex.Lock(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mutex.Unlock() }()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../../cmd/multiarch-deploy")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	return path
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

// scan looks for each token and key in every byte that the program wrote.
func (j *job) scan(t *testing.T, log string) {
	t.Helper()
	left := files(t, j.dir)
	unsoiled(t, left, "home/", "tmp/")
	for _, name := range []string{"output", "summary", "workspace/multiarch-deploy-report.json"} {
		if left[name] == "" {
			t.Errorf("nothing was looked for in %s, which is empty or missing", name)
		}
	}
	leak(t, j.cloud, log, left)
}

// files are the contents of all files below a folder, by their paths in it.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	contents := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		contents[strings.TrimPrefix(path, dir+"/")] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// unsoiled fails the test where a file is left in one of the folders.
func unsoiled(t *testing.T, left map[string]string, folders ...string) {
	t.Helper()
	for path := range left {
		if slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(path, folder) }) {
			t.Errorf("%s is left behind", path)
		}
	}
}

// leak fails the test where a token or a key shows. Only the commands of the log that mask them may name them, and the
// runner keeps those to itself.
func leak(t *testing.T, cloud *cloudtest.Cloud, log string, texts map[string]string) {
	t.Helper()
	secrets := cloud.Secrets()
	texts["the log"] = asShown(log)
	for where, text := range texts {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds a secret: %.20s...", where, secret)
			}
		}
	}
	if !slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(log, "::add-mask::"+secret) }) {
		t.Error("no secret is masked, so none was received, or all are unguarded")
	}
}

// asShown is the log without the commands that mask.
func asShown(log string) string {
	var shown strings.Builder
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "::add-mask::") {
			shown.WriteString(line)
		}
	}
	return shown.String()
}
