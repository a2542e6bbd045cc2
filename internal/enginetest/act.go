package enginetest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build/buildkit/buildkittest"
)

// Workflow is a run of a workflow under act, whose jobs and container actions are containers of a Docker engine.
// https://nektosact.com
type Workflow struct {
	// Repository is the folder of the repository that the workflow is of.
	Repository string
	// File is the workflow's, below it.
	File string
	// Actions are folders in place of other repositories, by OWNER/NAME@REF.
	Actions map[string]string
}

// Line is a line of act's log.
type Line struct {
	// Message is what a step wrote, or what act says of it.
	Message string `json:"msg"`
	// Step is the step's id; act numbers those that have none.
	Steps []string `json:"stepID"`
	// Raw is true for what a step wrote.
	Raw bool `json:"raw_output"`
	// Result is success or failure, in the line that ends a step.
	Result string `json:"stepResult"`
}

// runnerImage is what jobs run in.
const runnerImage = "runner:test"

// Act runs the workflow to its end, and returns act's log. The test fails where the workflow does.
func Act(t testing.TB, engine buildkittest.Engine, workflow Workflow) []Line {
	t.Helper()
	act := filepath.Join(Repository(t), "bin", "act")
	if _, err := os.Stat(act); err != nil {
		t.Fatalf("%v: run `make builders`, as `make test` does", err)
	}
	buildkittest.LoadGolang(t, engine)
	buildkittest.LoadRunner(t, engine, runnerImage)
	args := []string{"workflow_dispatch", "--workflows", workflow.File, "--json", "--network", "bridge",
		"--platform", "ubuntu-latest=" + runnerImage, "--pull=false", "--container-daemon-socket", "-"}
	for name, folder := range workflow.Actions {
		args = append(args, "--local-repository", name+"="+folder)
	}
	cmd := exec.CommandContext(t.Context(), act, args...)
	home := t.TempDir()
	cmd.Dir = workflow.Repository
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+engine.Host, "HOME="+home, "XDG_CACHE_HOME="+home, "XDG_CONFIG_HOME="+home)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	lines := readLines(t, &stdout)
	if err != nil {
		t.Fatalf("act: %v: %s\n%s", err, &stderr, text(lines))
	}
	return lines
}

func readLines(t testing.TB, log *bytes.Buffer) (lines []Line) {
	t.Helper()
	for scanner := bufio.NewScanner(log); scanner.Scan(); {
		var line Line
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatalf("act said %q: %v", scanner.Text(), err)
		}
		lines = append(lines, line)
	}
	return lines
}

func text(lines []Line) string {
	var all strings.Builder
	for _, line := range lines {
		all.WriteString(strings.Join(line.Steps, "/") + " | " + line.Message + "\n")
	}
	return all.String()
}
