package report_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// about is a finding about a Deployment.
func about(name string, severity finding.Severity) finding.Finding {
	return finding.Finding{
		Code: finding.ExecFormatError, Severity: severity, Object: "apps/v1 Deployment shop/" + name, File: name + ".yaml",
		Line:    3,
		Message: "Deployment shop/" + name + " can land on arm64 nodes, where it would crash.",
		Fix:     "kind: Deployment\nmetadata:\n  name: " + name + "\n",
	}
}

func TestJoin(t *testing.T) {
	other := finding.Finding{Code: finding.ImagePull, Severity: finding.Warning,
		Message: "Image app could not be inspected."}
	got := report.Join([]finding.Finding{other, about("a", finding.Error), about("b", finding.Warning),
		about("c", finding.Error), other})
	want := []report.Group{
		{Finding: about("a", finding.Error), Others: []string{"apps/v1 Deployment shop/c"}},
		{Finding: other}, {Finding: about("b", finding.Warning)}, {Finding: other},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A patch names its object in its head too, so that each is another one. Of few, each is there to paste.
func TestJoin_of_many_patches(t *testing.T) {
	for _, test := range []struct{ findings, groups int }{{2, 2}, {20, 20}, {1000, 1}} {
		var findings []finding.Finding
		for i := range test.findings {
			f := about(fmt.Sprint("app-", i), finding.Error)
			f.Fix = fmt.Sprintf("# patches: [{path: THIS-FILE, target: {kind: Deployment, name: app-%d}}]\n", i) + f.Fix
			findings = append(findings, f)
		}
		got := report.Join(findings)
		if len(got) != test.groups || len(got[0].Others) != test.findings-test.groups {
			t.Errorf("%d findings are %d groups, want %d", test.findings, len(got), test.groups)
		}
	}
}

func TestChangeLines(t *testing.T) {
	var few, many change.Set
	for i := range 1000 {
		c := change.Change{Object: fmt.Sprintf("v1 Service shop/%d", i), Action: change.Unchanged}
		if i%10 == 0 {
			c.Action = change.Configured
		}
		if many = append(many, c); i < 20 {
			few = append(few, c)
		}
	}
	if got := report.ChangeLines(few, false); len(got) != 20 || got[1] != "unchanged v1 Service shop/1" {
		t.Errorf("of 20 changes: %q", got)
	}
	got := report.ChangeLines(many, false)
	want := []string{"configured v1 Service shop/490", "and 950 more objects: 50 configured, 900 unchanged"}
	if diff := cmp.Diff(want, got[49:]); diff != "" {
		t.Error(diff)
	}
}

func TestPlacementTable_of_a_thousand_workloads_has_the_worst_first(t *testing.T) {
	r := report.New()
	for i := range 1000 {
		outcome := landing.Runs
		if i == 777 {
			outcome = landing.Crashes
		}
		r.Workloads = append(r.Workloads, report.Workload{
			Kind: "Deployment", Namespace: "shop", Name: fmt.Sprint(i),
			Architectures: map[string]landing.Outcome{"arm64": outcome},
		})
	}
	table := r.PlacementTable()
	want := [][]string{{"workload", "arm64"}, {"Deployment shop/777", "crashes"}, {"and 950 more workloads"}}
	if diff := cmp.Diff(want, [][]string{table[0], table[1], table[len(table)-1]}); diff != "" || len(table) != 52 {
		t.Errorf("%d rows\n%s", len(table), diff)
	}
}
