package engine

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
)

// Job is a step of a job that runs the action's container as GitHub's runner does, save that it gives no Docker socket.
// https://github.com/actions/runner/blob/v2.336.0/src/Runner.Worker/Handlers/ContainerActionHandler.cs
type Job struct {
	// Image is the action's, as ActionImage names it.
	Image string
	// Platform is the runner's, such as linux/arm64; empty is the machine's own.
	Platform string
	// Workspace is the folder with the repository's files.
	Workspace string
	// Inputs are those that the workflow names. The others are what action.yml says, or "".
	Inputs map[string]string
	// Env has more variables, such as GITHUB_SHA, and replaces those that every job has.
	Env map[string]string
	// Args are the container's; the action gives none.
	Args []string
	// NoTemp leaves out the mount of RUNNER_TEMP, as runners before 2.329 do.
	NoTemp bool
	// Volumes are more mounts, each SOURCE:TARGET.
	Volumes []string
	// Export, where it is not nil, gets the container's files in a tar archive when it has ended.
	Export io.Writer
}

// environment is what the runner sets.
func (j Job) environment(t testing.TB) map[string]string {
	env := map[string]string{
		"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": "/github/workspace", "HOME": "/github/home",
		"GITHUB_SERVER_URL": "https://github.com", "GITHUB_API_URL": "https://api.github.com",
		"GITHUB_REPOSITORY": "me/shop", "GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "deploy",
		"GITHUB_OUTPUT": "/github/file_commands/output", "GITHUB_STEP_SUMMARY": "/github/file_commands/summary",
		"RUNNER_OS": "Linux", "RUNNER_TEMP": "/github/runner_temp",
	}
	for name, value := range j.inputs(t) {
		env["INPUT_"+strings.ToUpper(name)] = value
	}
	maps.Copy(env, j.Env)
	return env
}

// inputs are all that action.yml declares.
func (j Job) inputs(t testing.TB) map[string]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(buildkit.Repository(t), "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Inputs map[string]struct{ Default string }
	}
	if err := yaml.Unmarshal(content, &action); err != nil {
		t.Fatalf("action.yml: %v", err)
	}
	values := map[string]string{}
	for name, input := range action.Inputs {
		values[name] = strings.ReplaceAll(input.Default, "${{ github.token }}", "ghs_token-of-the-job")
	}
	maps.Copy(values, j.Inputs)
	return values
}

// Result is what is left of a step.
type Result struct {
	// Status is the container's exit status, Log what it wrote.
	Status int
	Log    string
	// Outputs are the step's, Summary is its part of the job's summary.
	Outputs map[string]string
	Summary string
	// Folders holds what the runner shares with the container besides the workspace: home, runner_temp and the like.
	Folders string
}

// outputs reads the file of outputs.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
func outputs(t testing.TB, content string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for content != "" {
		head, rest, _ := strings.Cut(content, "\n")
		name, delimiter, named := strings.Cut(head, "<<")
		value, rest, ended := strings.Cut("\n"+rest, "\n"+delimiter+"\n")
		if !named || !ended {
			t.Fatalf("the file of outputs holds %q", content)
		}
		values[name], content = strings.TrimPrefix(value, "\n"), rest
	}
	return values
}
