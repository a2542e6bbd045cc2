package ci_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v4"
)

// root is the repository's. actionlint finds action.yml below it, and holds every `uses: ./` against its inputs.
const root = "../../.."

func TestWorkflows_pass_actionlint(t *testing.T) {
	for path, content := range workflows(t) {
		lint(t, path, content)
	}
}

// A tag can be moved to other code by whoever holds the action's repository; a commit can't.
func TestActions_of_others_are_pinned(t *testing.T) {
	uses := regexp.MustCompile(`(?m)^\s*(?:- )?uses: *(.+)$`)
	pinned := regexp.MustCompile(`^(\./.*|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$`)
	for path, content := range workflows(t) {
		for _, found := range uses.FindAllSubmatch(content, -1) {
			if !pinned.Match(bytes.TrimSpace(found[1])) {
				t.Errorf("%s: uses: %s; write OWNER/NAME@COMMIT # vX.Y.Z", path, found[1])
			}
		}
	}
}

// What a job runs, as root in some, must not find the job's token in the checkout.
func TestCheckouts_keep_no_token(t *testing.T) {
	for path, content := range workflows(t) {
		var workflow struct {
			Jobs map[string]struct {
				Steps []struct {
					Uses string         `yaml:"uses"`
					With map[string]any `yaml:"with"`
				} `yaml:"steps"`
			} `yaml:"jobs"`
		}
		if err := yaml.Unmarshal(content, &workflow); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for name, job := range workflow.Jobs {
			for _, step := range job.Steps {
				if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != false {
					t.Errorf("%s: job %s checks out and keeps its token; write `persist-credentials: false`", path, name)
				}
			}
		}
	}
}

// A runner's user is not root, and these tests run container engines of their own.
func TestEngines_run_as_root(t *testing.T) {
	runs := regexp.MustCompile(`(?m)^.*\bmake test-engines$`)
	for path, content := range workflows(t) {
		for _, line := range runs.FindAll(content, -1) {
			if !bytes.Contains(line, []byte(`sudo env "PATH=$PATH"`)) {
				t.Errorf("%s:%s; write sudo env \"PATH=$PATH\" make test-engines", path, line)
			}
		}
	}
}

// Without permissions a job's token has what the repository's settings say, which may be everything.
func TestJobs_say_what_they_may(t *testing.T) {
	for path, content := range workflows(t) {
		var workflow struct {
			Permissions map[string]string `yaml:"permissions"`
			Jobs        map[string]struct {
				Permissions map[string]string `yaml:"permissions"`
				Timeout     int               `yaml:"timeout-minutes"`
			} `yaml:"jobs"`
		}
		if err := yaml.Unmarshal(content, &workflow); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if workflow.Permissions == nil {
			t.Errorf("%s: no permissions at the top; write `permissions: {}`, and in each job what it needs", path)
		}
		for name, job := range workflow.Jobs {
			for scope, access := range workflow.Permissions {
				if access == "write" {
					t.Errorf("%s: every job may write %s; say so in the job that needs it", path, scope)
				}
			}
			if job.Permissions == nil && len(workflow.Permissions) == 0 {
				t.Errorf("%s: job %s has no permissions, not even to read the code", path, name)
			}
			if job.Timeout == 0 {
				t.Errorf("%s: job %s may hang for six hours; give it timeout-minutes", path, name)
			}
		}
	}
}

// workflows are this repository's, by path.
func workflows(t *testing.T) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = content
	}
	return files
}

// inContainer is what actionlint says of an entrypoint that the container has and the repository has not. It looks
// beside action.yml; a runner hands the path to docker run --entrypoint.
const inContainer = `file "/multiarch-deploy" does not exist .* specified at "entrypoint" key`

// lint reports what actionlint finds, and what shellcheck finds in the scripts.
func lint(t *testing.T, path string, content []byte) {
	t.Helper()
	var out strings.Builder
	linter, err := actionlint.NewLinter(&out, &actionlint.LinterOptions{
		Shellcheck: shellcheck, Oneline: true, IgnorePatterns: []string{inContainer},
	})
	if err != nil {
		t.Fatal(err)
	}
	project, err := actionlint.NewProject(root)
	if err != nil {
		t.Fatal(err)
	}
	problems, err := linter.Lint(path, content, project)
	if err != nil {
		t.Fatal(fmt.Errorf("linting %s: %w", path, err))
	}
	if len(problems) > 0 {
		t.Errorf("actionlint:\n%s", &out)
	}
}
