package engine

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
)

// Workflow is a run of a workflow under act, whose jobs and container actions are containers of a Docker engine.
// https://nektosact.com
type Workflow struct {
	// Event is what starts it, such as push.
	Event string
	// Repository is the folder of the repository that it is of, and File its own, below that.
	Repository, File string
	// Actions are folders in place of other repositories, by OWNER/NAME@REF.
	Actions map[string]string
	// Secrets are the repository's.
	Secrets map[string]string
}

// runnerImage is what jobs run in.
const runnerImage = "runner:test"

// Act runs the workflow to its end, in a bridge network, and returns its steps by their ids; act counts those that have
// none. The test fails where the workflow does.
func Act(t testing.TB, engine buildkit.Engine, workflow Workflow) map[string]*Step {
	t.Helper()
	act := filepath.Join(buildkit.Repository(t), "bin", "act")
	if _, err := os.Stat(act); err != nil {
		t.Fatalf("%v: run `make builders`, as `make test-engines` does", err)
	}
	buildkit.LoadGolang(t, engine)
	buildkit.LoadRunner(t, engine, runnerImage)
	cmd := exec.CommandContext(t.Context(), act, workflow.args()...)
	home := t.TempDir()
	cmd.Dir = workflow.Repository
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+engine.Host, "HOME="+home, "XDG_CACHE_HOME="+home,
		"XDG_CONFIG_HOME="+home)
	for name, value := range workflow.Secrets {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	lines := readLines(t, &stdout)
	if err != nil {
		t.Fatalf("act: %v: %s\n%s", err, &stderr, text(lines))
	}
	return steps(lines)
}

func (w Workflow) args() []string {
	args := []string{w.Event, "--workflows", w.File, "--json", "--network", "bridge", "--pull=false",
		"--container-daemon-socket", "-"}
	for _, label := range []string{"ubuntu-latest", "ubuntu-24.04", "ubuntu-24.04-arm"} { // all are this machine
		args = append(args, "--platform", label+"="+runnerImage)
	}
	for name, folder := range w.Actions {
		args = append(args, "--local-repository", name+"="+folder)
	}
	for name := range w.Secrets {
		args = append(args, "--secret", name) // act takes the value from its environment
	}
	return args
}

// line is a line of act's log.
type line struct {
	// Message is what a step wrote, where Output is true, or what act says of it.
	Message string `json:"msg"`
	Output  bool   `json:"raw_output"`
	// Steps are the id of the step.
	Steps []string `json:"stepID"`
	// Command is that of a workflow command, Raw the line that gave it, and Name, Arg and Content what belongs to it.
	Command string `json:"command"`
	Raw     string `json:"raw"`
	Name    string `json:"name"`
	Arg     string `json:"arg"`
	Content string `json:"content"`
	// Result is success or failure, in the line that ends a step.
	Result string `json:"stepResult"`
}

func readLines(t testing.TB, log *bytes.Buffer) (lines []line) {
	t.Helper()
	for decoder := json.NewDecoder(log); decoder.More(); {
		var l line
		if err := decoder.Decode(&l); err != nil {
			t.Fatalf("reading act's log: %v", err)
		}
		lines = append(lines, l)
	}
	return lines
}

func text(lines []line) string {
	var all strings.Builder
	for _, l := range lines {
		all.WriteString(strings.Join(l.Steps, "/") + " | " + strings.TrimSuffix(l.Message, "\n") + "\n")
	}
	return all.String()
}
