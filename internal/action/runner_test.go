package action_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// TestRunner runs the program as the runner runs a container action: no arguments, inputs as INPUT_ variables, those
// left out as "", and files for the outputs and the summary.
func TestRunner(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "runner",
		map[string]madeImage{"app": {Platforms: []string{"linux/amd64"}, Single: true}})
	workspace := repository(t, nil)
	env := map[string]string{
		"GITHUB_ACTIONS":          "true",
		"GITHUB_SHA":              "v1",
		"GITHUB_WORKSPACE":        workspace,
		"GITHUB_OUTPUT":           filepath.Join(workspace, "output"),
		"GITHUB_STEP_SUMMARY":     filepath.Join(workspace, "summary"),
		"INPUT_IMAGES":            "registry/app=" + cluster.Registry + "/runner/app platforms=linux/amd64\n",
		"INPUT_KUSTOMIZATION":     workspace,
		"INPUT_KUBECONFIG":        cluster.Kubeconfig,
		"INPUT_ARCH-POLICY":       "",
		"INPUT_REGISTRY-USERNAME": "me",
		"INPUT_REGISTRY-PASSWORD": "hunter2-hunter2",
	}
	var stdout, stderr bytes.Buffer
	program := action.Program{Stdout: &stdout, Stderr: &stderr, Getenv: func(name string) string { return env[name] }}
	if status := program.Main(t.Context(), nil); status != 1 {
		t.Fatalf("status %d, want 1\n%s%s", status, &stdout, &stderr)
	}
	log := stdout.String()
	t.Log(log)
	t.Run("password_is_masked_before_anything_else", func(t *testing.T) {
		if first, rest, _ := strings.Cut(log, "\n"); first != "::add-mask::hunter2-hunter2" ||
			strings.Contains(rest, "hunter2") {
			t.Errorf("the log begins with %q", first)
		}
	})
	t.Run("steps_are_groups", func(t *testing.T) {
		groups := regexp.MustCompile(`(?m)^::group::(.*)$`).FindAllStringSubmatch(log, -1)
		var titles []string
		for _, group := range groups {
			titles = append(titles, group[1])
		}
		want := []string{"Verify images", "Set images in the kustomization", "Render manifests", "Plan placement",
			"Check the changes"}
		if diff := cmp.Diff(want, titles); diff != "" || strings.Count(log, "::endgroup::") != len(groups) {
			t.Error(diff)
		}
	})
	t.Run("finding_is_an_annotation_on_its_line", func(t *testing.T) {
		want := "::error file=" + filepath.Join(workspace, "app.yaml") +
			",line=12,title=exec-format-error::Deployment default/app can land on "
		if !strings.Contains(log, want) {
			t.Errorf("no %q", want)
		}
	})
	t.Run("outputs", func(t *testing.T) { checkOutputs(t, env["GITHUB_OUTPUT"], workspace) })
	t.Run("summary", func(t *testing.T) {
		summary := read(t, env["GITHUB_STEP_SUMMARY"])
		for _, want := range []string{"## ❌ multiarch-deploy: failed", "| `Deployment default/app` | ✅ runs | ❌ crashes |",
			"**Nothing was applied** · 1 error", "kubernetes.io/arch: amd64"} {
			if !strings.Contains(summary, want) {
				t.Errorf("no %q in the summary:\n%s", want, summary)
			}
		}
	})
}

// TestRunner_json: what reads the report from standard output finds nothing else there, commands to the runner neither.
func TestRunner_json(t *testing.T) {
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_SHA": "v1", "INPUT_IMAGES": "registry/app=127.0.0.1:1/app",
		"INPUT_KUSTOMIZATION":     "/no/such/folder",
		"INPUT_REGISTRY-USERNAME": "me", "INPUT_REGISTRY-PASSWORD": "hunter2-hunter2", "GITHUB_WORKSPACE": t.TempDir(),
	}
	var stdout, stderr bytes.Buffer
	program := action.Program{Stdout: &stdout, Stderr: &stderr, Getenv: func(name string) string { return env[name] }}
	status := program.Main(t.Context(), []string{"rewrite", "--output", "json"})
	var r report.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil || status != 1 {
		t.Errorf("status %d, %v: %q", status, err, &stdout)
	}
	if log := stderr.String(); !strings.HasPrefix(log, "::add-mask::hunter2-hunter2\n") ||
		!strings.Contains(log, "::error title=") {
		t.Errorf("the log is %q", log)
	}
}

func checkOutputs(t *testing.T, file, workspace string) {
	outputs := map[string]string{}
	blocks := regexp.MustCompile(`(?s)(\S+)<<(output_\w+)\n(.*?)\n(output_\w+)\n`).FindAllStringSubmatch(read(t, file), -1)
	for _, block := range blocks {
		if block[2] != block[4] {
			t.Errorf("%s: delimiters %q and %q", block[1], block[2], block[4])
		}
		outputs[block[1]] = block[3]
	}
	if diff := cmp.Diff([]string{"changes", "commit-sha", "digest", "images", "placement", "pull-request-url", "report",
		"summary", "verdict"}, slices.Sorted(maps.Keys(outputs))); diff != "" {
		t.Error(diff)
	}
	if outputs["verdict"] != "failed" || outputs["report"] != "multiarch-deploy-report.json" {
		t.Errorf("verdict %q, report %q", outputs["verdict"], outputs["report"])
	}
	var images map[string]string
	if err := json.Unmarshal([]byte(outputs["images"]), &images); err != nil {
		t.Error(err)
	}
	if want := ":v1@" + outputs["digest"]; !strings.HasSuffix(images["registry/app"], want) {
		t.Errorf("images are %v, digest is %s", images, outputs["digest"])
	}
	checkReport(t, filepath.Join(workspace, outputs["report"]))
}

// checkReport reads the report strictly: every field of the contract is there, and no list is null.
func checkReport(t *testing.T, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(content, &fields); err != nil {
		t.Fatal(err)
	}
	want := []string{"changes", "commit", "edits", "error", "findings", "images", "nodes", "patches", "pods", "timings",
		"verdict",
		"version", "workloads"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(fields))); diff != "" {
		t.Error(diff)
	}
	for name, value := range fields {
		if string(value) == "null" {
			t.Errorf("%s is null", name)
		}
	}
	var r report.Report
	if err := json.Unmarshal(content, &r); err != nil || r.Version != 1 || r.Verdict != report.Failed ||
		len(r.Workloads) != 1 {
		t.Errorf("version %d, verdict %s, %d workloads, error %v", r.Version, r.Verdict, len(r.Workloads), err)
	}
}
