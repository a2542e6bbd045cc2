package summary_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/summary"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/golden"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/reports"
)

// Parts of reports, as the commands leave them.
func onCluster(r *report.Report) { r.Target = report.Target{Cluster: "prod", Namespace: "shop"} }
func withImage(r *report.Report) { r.Images = []report.Image{{Name: "cart", Reference: "cart:v1"}} }
func withEdit(r *report.Report)  { r.Edits = []edit.Change{{Name: "cart", After: "cart:v1"}} }
func planned(r *report.Report)   { r.Planned = true }
func withPod(r *report.Report) {
	r.Pods = []rollout.Pod{{Workload: "apps/v1 Deployment a/b", Ready: true}}
}
func broken(r *report.Report) { r.Add(finding.Finding{Severity: finding.Error}) }
func twoSteps(r *report.Report) {
	r.Took(report.Step{Title: "Verify images", Elapsed: 2 * time.Hour})
	r.Took(report.Step{Title: "Apply", Elapsed: 65 * time.Second})
}
func withWorkload(r *report.Report) {
	r.Workloads = []report.Workload{{Kind: "Job", Name: "x",
		Architectures: map[string]landing.Outcome{"amd64": landing.Runs}}}
}
func changed(action change.Action) func(*report.Report) {
	return func(r *report.Report) { r.Changes = append(r.Changes, change.Change{Action: action}) }
}

// TestWrite_of_each_command: every run says what it came to, and has no heading without something below it.
func TestWrite_of_each_command(t *testing.T) {
	for _, test := range []struct {
		name     string
		parts    []func(*report.Report)
		err      error
		verdict  string
		headings []string
	}{
		{"verify", []func(*report.Report){withImage, twoSteps}, nil, "**1 image verified**", []string{"Images", "Timeline"}},
		{"verify_failed", []func(*report.Report){withImage, broken}, nil, "1 error", []string{"Findings", "Images"}},
		{"rewrite", []func(*report.Report){withEdit}, nil, "**1 image set**", []string{"Changes"}},
		{"plan", []func(*report.Report){onCluster, withWorkload, planned, changed(change.Created)}, nil,
			"**A plan: nothing was applied** · would be 1 created · cluster `prod` · namespace `shop`",
			[]string{"Placement", "Changes"}},
		{"refused", []func(*report.Report){onCluster, withWorkload, broken}, nil,
			"**Nothing was applied** · 1 error · cluster `prod` · namespace `shop`", []string{"Placement", "Findings"}},
		{"no_wait", []func(*report.Report){onCluster, changed(change.Created)}, nil,
			"**Applied** · 1 created · cluster `prod` · namespace `shop`",
			[]string{"Changes"}},
		{"deployed", []func(*report.Report){onCluster, changed(change.Unchanged), withPod}, nil,
			"**Deployed** · 1 of 1 pods ready · 1 unchanged · cluster `prod` · namespace `shop`",
			[]string{"Placement", "Changes"}},
		{"rollout_failed", []func(*report.Report){onCluster, changed(change.Created), withPod, broken}, nil,
			"**The rollout failed** · 1 of 1 pods ready · 1 created · 1 error · cluster `prod` · namespace `shop`",
			[]string{"Placement", "Findings", "Changes"}},
		{"rolled_back", []func(*report.Report){onCluster, changed(change.Created), changed(change.RolledBack), broken}, nil,
			"**Failed, and rolled back** · 1 created, 1 rolled-back · 1 error · cluster `prod` · namespace `shop`",
			[]string{"Findings", "Changes"}},
		{"cut_short", []func(*report.Report){onCluster, changed(change.Created)}, errors.New("no network"),
			"**Failed on the way** · 1 created · cluster `prod` · namespace `shop`", []string{"Changes"}},
		{"no_sign_in", nil, errors.New("no token"), "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := report.New()
			for _, part := range test.parts {
				part(r)
			}
			r.Conclude(test.err)
			summary := summaryOf(r)
			lines := strings.Split(summary, "\n")
			if diff := cmp.Diff(test.verdict, lines[2]); diff != "" {
				t.Error(diff)
			}
			var headings []string
			for _, match := range regexp.MustCompile(`(?m)^### (.*)\n\n\S`).FindAllStringSubmatch(summary, -1) {
				headings = append(headings, match[1])
			}
			if diff := cmp.Diff(test.headings, headings); diff != "" || strings.Count(summary, "###") != len(headings) {
				t.Errorf("%s\n%s", diff, summary)
			}
			if test.err != nil && !strings.Contains(summary, "\n"+test.err.Error()+"\n") {
				t.Errorf("the summary does not say why: %s", summary)
			}
		})
	}
}

func TestWrite_links_to_the_line_at_fault(t *testing.T) {
	r := report.New()
	r.Add(finding.Finding{Severity: finding.Error, File: "a b/app#1.yaml", Line: 3},
		finding.Finding{Severity: finding.Error, File: "/elsewhere/app.yaml"})
	workspace := t.TempDir()
	t.Chdir(workspace)
	summary := summary.Write(r, summary.Options{Room: summary.Limit,
		Source: "https://github.com/shop/app/blob/98afa769", Workspace: workspace})
	for _, want := range []string{
		"[`a b/app#1.yaml:3`](<https://github.com/shop/app/blob/98afa769/a%20b/app%231.yaml#L3>)\n",
		" · `/elsewhere/app.yaml`\n",
	} {
		if !strings.Contains(summary, want) {
			t.Errorf("no %q:\n%s", want, summary)
		}
	}
}

func TestWrite_shows_what_a_plan_would_change(t *testing.T) {
	before, after := object("v1"), object("v2")
	r := report.New()
	r.Planned = true
	r.Changes = change.Set{{Object: "v1 ConfigMap shop/<cart>", Action: change.Configured, Before: before,
		After: after}}
	for _, want := range []string{"<details><summary>configured <code>v1 ConfigMap " +
		"shop/&lt;cart&gt;</code></summary>\n\n```diff\n", "\n-  tag: v1\n+  tag: v2\n"} {
		if summary := summaryOf(r); !strings.Contains(summary, want) {
			t.Errorf("no %q:\n%s", want, summary)
		}
	}
}

func object(tag string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{"kind": "ConfigMap",
		"metadata": map[string]any{"name": "cart"}, "data": map[string]any{"tag": tag}}}
}

func TestPullRequest_fits_its_text(t *testing.T) {
	text := summary.PullRequest(reports.Huge(5000, 0))
	if len(text) > 48_000 {
		t.Errorf("%d bytes", len(text))
	}
	for _, want := range []string{"| `registry/cart` |", "flowchart LR", "| `Deployment shop/cart` |",
		"see the JSON report"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestWrite(t *testing.T) {
	r := reports.Crashed()
	r.Conclude(nil)
	golden.Check(t, "testdata/summary.md", summaryOf(r))
}

// TestWrite_of_an_audit has a bar for each namespace, of which the chart has ten at most.
func TestWrite_of_an_audit(t *testing.T) {
	r := reports.Audited(12)
	r.Conclude(nil)
	golden.Check(t, "testdata/audit.md", summaryOf(r))
}

func TestWrite_stays_below_what_GitHub_shows(t *testing.T) {
	r := reports.Huge(5000, 10_000)
	slices.Reverse(r.Workloads)
	r.Conclude(errors.New(strings.Repeat("long ", 1<<20)))
	for _, room := range []int{0, 10, 100, 1000, 64 << 10, 100_000, summary.Limit} {
		summary := summary.Write(r, summary.Options{Room: room, ReportFile: "report.json"})
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
	r := reports.Huge(50, 0)
	for i := range r.Workloads {
		r.Workloads[i].Name = strings.Repeat(".", 100) + r.Workloads[i].Name
		for j := range 20 {
			r.Workloads[i].Architectures[fmt.Sprintf("%02d%s", j, strings.Repeat(".", 100))] = landing.Crashes
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
