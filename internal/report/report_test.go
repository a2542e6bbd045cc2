package report_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

var update = flag.Bool("update", false, "write the golden files anew")

// crashed is the report of a deploy whose arm64 pods crash, with text in it that would like to be obeyed.
func crashed() *report.Report {
	r := report.New()
	r.Target = report.Target{Cluster: "production", Namespace: "shop"}
	r.Images = []report.Image{{
		Name: "registry/cart", Reference: "ghcr.io/shop/cart:v1", Digest: "sha256:" + strings.Repeat("ab12", 16),
		Platforms: []string{"linux/amd64"}, Findings: []finding.Finding{},
		Manifests: []report.Manifest{{Platform: "linux/amd64", Digest: "sha256:" + strings.Repeat("cd34", 16),
			Size: 12_345_678, Created: "2026-01-02T03:04:05Z"}},
		Base:         report.Base{Name: "docker.io/library/alpine:3", Digest: "sha256:" + strings.Repeat("ef56", 16)},
		Attestations: []string{"provenance", "sbom"},
	}}
	r.Edits = []edit.Change{{File: "deploy/kustomization.yaml", Name: "registry/cart", Before: "ghcr.io/shop/cart:v0",
		After: "ghcr.io/shop/cart:v1"}}
	r.Nodes = []placement.NodeGroup{
		{Architecture: "amd64", OS: "linux", Count: 1, Taints: []string{}, Source: pool.Cluster, Max: new(1)},
		{Architecture: "arm64", OS: "linux", Count: 1, Taints: []string{}, Source: pool.AKS, Pool: "arm", Max: new(1)}}
	r.Workloads = []report.Workload{{
		Kind: "Deployment", Namespace: "shop", Name: "cart", Images: []string{"ghcr.io/shop/cart:v1"},
		Architectures: map[string]placement.Outcome{"amd64": placement.Runs, "arm64": placement.Crashes},
		WithoutNode:   []string{}, Fix: "spec:\n  template: {}\n",
	}}
	r.Changes = apply.ChangeSet{{Object: "apps/v1 Deployment shop/cart", Action: apply.Created}}
	workload := "apps/v1 Deployment shop/cart"
	r.Pods = []rollout.Pod{
		{Namespace: "shop", Name: "cart-1", Workload: workload, Node: "a", Architecture: "amd64", Ready: true},
		{Namespace: "shop", Name: "cart-2", Workload: workload, Node: "b", Architecture: "arm64",
			Reason: "exec-format-error"},
		{Namespace: "shop", Name: "cart-3", Workload: workload, Reason: "Pending"},
	}
	r.Add(finding.Finding{
		Code: finding.ExecFormatError, Severity: finding.Error, Object: "v1 Pod shop/cart-2", Container: "cart",
		Image: "ghcr.io/shop/cart:v1",
		Node:  "b", Architecture: "arm64", File: "deploy/cart.yaml", Line: 12,
		Message: "Pod shop/cart-2 on b (arm64): exec format error.\n::error::<img src=x> @everyone | [a](b)",
		Fix: "Keep it on amd64 nodes:\n    nodeSelector: {kubernetes.io/arch: amd64}\n" +
			"    ```\n    # not out of the block",
	})
	r.Took(report.Step{Name: "verify", Title: "Verify images", Elapsed: 1500 * time.Millisecond})
	r.Took(report.Step{Name: "apply", Title: "Apply", Elapsed: 250 * time.Millisecond, Failed: true})
	return r
}

func TestSummary(t *testing.T) {
	r := crashed()
	r.Conclude(nil)
	golden(t, "summary.md", summaryOf(r))
}

func TestJSON(t *testing.T) {
	r := crashed()
	r.Conclude(nil)
	content, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", string(content))
}

func TestSummary_stays_below_what_GitHub_shows(t *testing.T) {
	r := huge(5000, 10_000)
	slices.Reverse(r.Workloads)
	r.Conclude(errors.New(strings.Repeat("long ", 1<<20)))
	for _, room := range []int{0, 10, 100, 1000, 64 << 10, 100_000, report.SummaryLimit} {
		summary := r.Summary(report.SummaryOptions{Room: room, ReportFile: "report.json"})
		if len(summary) > room {
			t.Errorf("%d bytes, more than %d", len(summary), room)
		}
		if room < 64<<10 {
			continue
		}
		for _, want := range []string{"### Placement", "### Findings", "### Images", "### Changes", "### Timeline",
			"<summary>All 5001 workloads</summary>\n\n| workload | amd64 · 1 node | arm64 · 1 node | waiting for a node |\n| " +
				"--- | --- | --- | --- |\n| `Deployment shop/cart` |",
			"more workloads not shown here for lack of room; see the JSON report, `report.json`.",
			"more findings not shown here"} {
			if !strings.Contains(summary, want) {
				t.Errorf("no %q in %d bytes", want, room)
			}
		}
	}
}

// TestCharts_stay_below_what_Mermaid_draws: 50,000 characters and 500 edges, however long and many the names are.
func TestCharts_stay_below_what_Mermaid_draws(t *testing.T) {
	r := huge(50, 0)
	for i := range r.Workloads {
		r.Workloads[i].Name = strings.Repeat(".", 100) + r.Workloads[i].Name
		for j := range 20 {
			r.Workloads[i].Architectures[fmt.Sprintf("%02d%s", j, strings.Repeat(".", 100))] = placement.Crashes
		}
	}
	summary := summaryOf(r)
	_, chart, _ := strings.Cut(summary, "```mermaid\n")
	chart, _, _ = strings.Cut(chart, "```")
	if edges := strings.Count(chart, "~~~"); len(chart) > 50_000 || edges > 500 {
		t.Errorf("the chart has %d bytes and %d edges", len(chart), edges)
	}
	if !strings.Contains(summary, "\n17 more columns in the table alone.\n") {
		t.Errorf("nothing is said of the columns that are not drawn:\n%s", summary)
	}
}

func TestConclude(t *testing.T) {
	with := func(severity finding.Severity) []finding.Finding { return []finding.Finding{{Severity: severity}} }
	for _, test := range []struct {
		name     string
		findings []finding.Finding
		err      error
		want     report.Verdict
	}{
		{"nothing_found", nil, nil, report.OK},
		{"information_only", with(finding.Info), nil, report.OK},
		{"a_warning", with(finding.Warning), nil, report.Warning},
		{"an_error_finding", with(finding.Error), nil, report.Failed},
		{"a_run_cut_short", nil, errors.New("no network"), report.Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := report.New()
			r.Add(test.findings...)
			r.Conclude(test.err)
			if r.Verdict != test.want {
				t.Errorf("got %s, want %s", r.Verdict, test.want)
			}
		})
	}
}

func TestHeadline(t *testing.T) {
	done := report.New()
	done.Pods = []rollout.Pod{{Ready: true}, {Reason: "Completed"}}
	refused := report.New()
	refused.Pods = []rollout.Pod{{Workload: "apps/v1 Deployment shop/cart", Ready: true},
		{Workload: "apps/v1 Deployment shop/cart", Ready: true}}
	refused.Wanted = map[string]int64{"apps/v1 Deployment shop/cart": 3, "apps/v1 DaemonSet shop/agent": 2}
	planned := report.New()
	planned.Planned = true
	planned.Changes = apply.ChangeSet{{Action: apply.Created}, {Action: apply.Created}, {Action: apply.Unchanged}}
	for _, test := range []struct {
		name string
		in   *report.Report
		want string
	}{
		{"empty", report.New(), ""},
		{"a_finished_job_is_well", done, "2 of 2 pods ready"},
		{"pods_that_cannot_be_made_are_not_ready", refused, "2 of 5 pods ready"},
		{"a_plan_says_would", planned, "would be 2 created, 1 unchanged"},
		{"all_together", crashed(), "1 of 3 pods ready · 1 created · 1 error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.in.Headline()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlacementTable_counts_pods_that_do_not_exist_yet(t *testing.T) {
	r := report.New()
	r.Workloads = []report.Workload{{Kind: "Deployment", Namespace: "shop", Name: "cart"},
		{Kind: "DaemonSet", Namespace: "shop", Name: "agent"}}
	r.Pods = []rollout.Pod{{Workload: "apps/v1 Deployment shop/cart", Architecture: "amd64", Ready: true}}
	r.Wanted = map[string]int64{"apps/v1 Deployment shop/cart": 3, "apps/v1 DaemonSet shop/agent": 2}
	ready := map[string]string{}
	for _, row := range r.PlacementTable()[1:] {
		ready[row[0]] = row[len(row)-1]
	}
	want := map[string]string{"Deployment shop/cart": "1/3", "DaemonSet shop/agent": "0/2"}
	if diff := cmp.Diff(want, ready); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", file, diff)
	}
}

// huge is the report of a deploy of many workloads that makes many findings, each with a long fix.
func huge(workloads, findings int) *report.Report {
	r := crashed()
	for i := range workloads {
		name := fmt.Sprintf("workload-%05d-with-a-name-as-long-as-a-name-of-kubernetes-may-be-which-is-sixty", i)
		r.Workloads = append(r.Workloads, report.Workload{Kind: "Deployment", Namespace: "shop", Name: name,
			Architectures: map[string]placement.Outcome{"amd64": placement.Runs, "arm64": placement.Runs}})
		r.Pods = append(r.Pods, rollout.Pod{Workload: "apps/v1 Deployment shop/" + name, Architecture: "arm64", Ready: true})
		r.Changes = append(r.Changes, apply.Change{Object: "apps/v1 Deployment shop/" + name, Action: apply.Configured})
	}
	for i := range findings {
		r.Add(finding.Finding{Code: finding.CrashLoop, Severity: finding.Error,
			Message: fmt.Sprintf("Pod %d keeps exiting.", i),
			Fix:     "# patch\n" + strings.Repeat("a: long one\n", 200)})
	}
	r.Conclude(nil)
	return r
}
