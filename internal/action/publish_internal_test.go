package action

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/publish"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// Even a panic in the report's own writing leaves a report, a summary and outputs.
func TestProgram_publish_survives_what_cannot_be_reported(t *testing.T) {
	workspace := t.TempDir()
	env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": workspace,
		"GITHUB_OUTPUT": filepath.Join(workspace, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(workspace, "summary")}
	getenv := func(name string) string { return env[name] }
	p := Program{Stdout: io.Discard, Stderr: io.Discard, Getenv: getenv, runner: runner.New(io.Discard, getenv)}
	err := p.publish(t.Context(), inputs.Config{}, publish.Files{}, func() *report.Report { panic("of the report") }, nil)
	if got := status.Of(t.Context(), err); got != status.Unavailable {
		t.Errorf("status %d of %v, want %d", got, err, status.Unavailable)
	}
	for _, name := range []string{"multiarch-deploy-report.json", "output", "summary"} {
		content, err := os.ReadFile(filepath.Join(workspace, name))
		if err != nil || !strings.Contains(string(content), "failed") {
			t.Errorf("%s: %v, %s", name, err, content)
		}
	}
}
