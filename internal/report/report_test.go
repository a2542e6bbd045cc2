package report_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/golden"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/reports"
)

func TestJSON(t *testing.T) {
	r := reports.Crashed()
	r.Conclude(nil)
	content, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/report.json", string(content))
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
	planned.Changes = change.Set{{Action: change.Created}, {Action: change.Created}, {Action: change.Unchanged}}
	for _, test := range []struct {
		name string
		in   *report.Report
		want string
	}{
		{"empty", report.New(), ""},
		{"a_finished_job_is_well", done, "2 of 2 pods ready"},
		{"pods_that_cannot_be_made_are_not_ready", refused, "2 of 5 pods ready"},
		{"a_plan_says_would", planned, "would be 2 created, 1 unchanged"},
		{"all_together", reports.Crashed(), "1 of 3 pods ready · 1 created · 1 error"},
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

// FuzzJSON: the report is JSON that says what it was given, and no line of it is a command or steers a terminal.
func FuzzJSON(f *testing.F) {
	for _, name := range append(slices.Clone(reports.Hostile), "##[error]x", "\n::error::x", "\u009b2J", "\u2028") {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		content, err := reports.Named(name).JSON()
		if err != nil {
			t.Fatal(err)
		}
		var back report.Report
		if err := json.Unmarshal(content, &back); err != nil {
			t.Fatalf("%v\n%s", err, content)
		}
		if want := strings.ToValidUTF8(name, "\ufffd"); utf8.ValidString(name) && back.Images[0].Name != want {
			t.Errorf("%q became %q", want, back.Images[0].Name)
		}
		for line := range strings.Lines(string(content)) {
			if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") ||
				redact.Printable(line) != line {
				t.Errorf("a line acts on its reader: %q", line)
			}
		}
	})
}
