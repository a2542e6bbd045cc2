package hostile

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

// job is a step of a workflow on a runner.
type job struct {
	t         *testing.T
	workspace string
	env       map[string]string
}

// newJob is a job with an empty workspace. Its environment holds nothing else but what tests add.
func newJob(t *testing.T) *job {
	t.Helper()
	workspace := t.TempDir()
	return &job{t: t, workspace: workspace, env: map[string]string{
		"GITHUB_ACTIONS":      "true",
		"GITHUB_SHA":          "0123456789012345678901234567890123456789",
		"GITHUB_WORKSPACE":    workspace,
		"GITHUB_OUTPUT":       filepath.Join(t.TempDir(), "output"),
		"GITHUB_STEP_SUMMARY": filepath.Join(t.TempDir(), "summary"),
		"HOME":                t.TempDir(),
		"PATH":                os.Getenv("PATH"),
	}}
}

func (j *job) write(name, content string) string {
	j.t.Helper()
	path := filepath.Join(j.workspace, name)
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
		j.t.Fatal(err)
	}
	return path
}

// result is what a run of the program came to.
type result struct {
	status         int
	stdout, stderr string
}

// log is all that the runner reads.
func (r result) log() string { return r.stdout + r.stderr }

func (j *job) command(args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	j.t.Helper()
	path := programs.Path(j.t)
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(j.t.Context(), path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = j.workspace, &stdout, &stderr, 10*time.Second
	for name, value := range j.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd, &stdout, &stderr
}

func (j *job) run(args ...string) result {
	j.t.Helper()
	cmd, stdout, stderr := j.command(args...)
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		j.t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// read is a file's content, or "" where there is none.
func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(content)
}

// commands are the workflow commands that a runner would obey in a log
// (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs), by their names.
func commands(log string) []string {
	var names []string
	for _, line := range strings.FieldsFunc(log, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if command, found := strings.CutPrefix(strings.TrimSpace(line), "::"); found {
			name, _, _ := strings.Cut(strings.FieldsFunc(command+":", func(r rune) bool { return r == ':' || r == ' ' })[0], ",")
			names = append(names, name)
		}
		if strings.Contains(line, "##[") {
			names = append(names, "##[")
		}
	}
	return names
}

// registry is one whose every answer is up to the test. It is on loopback, where plain HTTP is allowed.
func registry(t *testing.T, answer http.HandlerFunc) (host string) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}
