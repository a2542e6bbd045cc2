package github

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// CheckOut leaves in dir what actions/checkout leaves in the workspace, and beside it the event's payload.
func CheckOut(t testing.TB, dir string, repository *Repository, push Push) {
	t.Helper()
	event, err := json.Marshal(push)
	if err != nil {
		t.Fatal(err)
	}
	head := push.After // as a tag leaves it
	if strings.HasPrefix(push.Ref, "refs/heads/") {
		head = "ref: " + push.Ref
	}
	files := map[string]string{
		"workspace/.git/HEAD":   head + "\n",
		"workspace/.git/config": "[remote \"origin\"]\n\turl = https://github.com/" + repository.Name + "\n",
		"event.json":            string(event),
	}
	for path, content := range repository.Files(push.After) {
		files[filepath.Join("workspace", path)] = content
	}
	for path, content := range files {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// JobEnv are the variables of a job that was started by a push, and has it checked out in dir.
func JobEnv(dir string, repository *Repository, push Push) map[string]string {
	return map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": repository.Name, "GITHUB_REF": push.Ref, "GITHUB_SHA": push.After,
		"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": filepath.Join(dir, "event.json"),
		"GITHUB_WORKSPACE":    filepath.Join(dir, "workspace"),
		"GITHUB_OUTPUT":       filepath.Join(dir, "output"),
		"GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"), "HOME": dir,
	}
}
