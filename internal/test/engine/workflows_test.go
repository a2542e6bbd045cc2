//go:build engines

package engine_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/buildkit"
	enginetest "github.com/multiarch-deploy/multiarch-deploy/internal/test/engine"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/golden"
)

// TestWorkflows runs workflows of this repository with the action's container, built from its Dockerfile.
func TestWorkflows(t *testing.T) {
	engine := buildkit.StartNetworkedEngine(t)
	t.Run("demo_on_a_local_cluster", func(t *testing.T) { demo(t, engine) })
	t.Run("two_steps_of_the_README", func(t *testing.T) { twoSteps(t, engine) })
	t.Run("native_runners_of_the_docs", func(t *testing.T) { nativeRunners(t, engine) })
}

// demo compares what each act leaves for people to see. The workflow itself checks how they end.
func demo(t *testing.T, engine buildkit.Engine) {
	steps := enginetest.Act(t, engine, enginetest.Workflow{
		Event: "workflow_dispatch", Repository: enginetest.Clone(t), File: ".github/workflows/demo-local.yml",
	})
	for _, act := range []string{"warn", "fail", "pin"} {
		golden.Check(t, filepath.Join("testdata", "demo-local", act+".md"), seen(steps[act]))
	}
	golden.Check(t, filepath.Join("testdata", "demo-local", "later-step.md"), seen(steps["5"]))
}

// seen is what a step left, without what differs from run to run.
func seen(step *enginetest.Step) string {
	var text strings.Builder
	fmt.Fprintf(&text, "Result: %s\n", step.Result)
	for _, name := range slices.Sorted(maps.Keys(step.Outputs)) {
		fmt.Fprintf(&text, "Output %s: %s\n", name, step.Outputs[name])
	}
	for _, annotation := range step.Annotations {
		fmt.Fprintln(&text, annotation)
	}
	if step.Summary == "" {
		text.WriteString(step.Log)
	}
	text.WriteString(step.Summary)
	result := text.String()
	for _, v := range varying {
		result = v.pattern.ReplaceAllString(result, v.stand)
	}
	return result
}

// varying is what differs from run to run. Crashing pods end the wait: how many others are ready by then is chance.
var varying = []struct {
	pattern *regexp.Regexp
	stand   string
}{
	{regexp.MustCompile(`\d+\.\d+\.\d+\.\d+:\d+`), "ADDRESS"},
	{regexp.MustCompile(`sha256:[0-9a-f]{12,}`), "sha256:DIGEST"},
	{regexp.MustCompile(`-[0-9a-f]{8,10}-[a-z0-9]{5}\b`), "-POD"},
	{regexp.MustCompile(`\b[0-9a-f]{40}\b`), "COMMIT"},
	{regexp.MustCompile(`\b\d+ of 12 pods`), "N of 12 pods"},
	{regexp.MustCompile(`\b\d/4\b`), "N/4"},
	{regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{3}`), "HH:MM:SS"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ?m?s\b`), "N s"},
	{regexp.MustCompile(`tickInterval \w+`), "tickInterval N"},
	{regexp.MustCompile(`\d\.\d MB`), "N MB"},
	{regexp.MustCompile(`\| \d+\.\d \|`), "| N |"},
}
