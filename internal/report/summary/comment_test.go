package summary_test

import (
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/summary"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/golden"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/reports"
)

// TestComment has a plan of three workloads: one that would crash, one whose diff is all there is to read, and one that
// is fine.
func TestComment(t *testing.T) {
	r := report.New()
	r.Planned = true
	for _, w := range []struct {
		name  string
		arm64 landing.Outcome
	}{{"cart", landing.Crashes}, {"pay", landing.Runs}, {"web", landing.Runs}} {
		r.Workloads = append(r.Workloads, report.Workload{Kind: "Deployment", Namespace: "shop", Name: w.name,
			Architectures: map[string]landing.Outcome{"amd64": landing.Runs, "arm64": w.arm64}})
	}
	before, after := object("v1"), object("v2")
	r.Changes = change.Set{
		{Object: "apps/v1 Deployment shop/cart", Action: change.Created, After: after},
		{Object: "apps/v1 Deployment shop/pay", Action: change.Configured, Before: before, After: after},
		{Object: "v1 ConfigMap shop/cart", Action: change.Configured, Before: before, After: after},
		{Object: "apps/v1 Deployment shop/web", Action: change.Unchanged, Before: before, After: before},
	}
	r.Add(finding.Finding{Code: finding.ExecFormatError, Severity: finding.Error, Object: "apps/v1 Deployment shop/cart",
		Message: "Deployment shop/cart would crash on arm64.", Fix: "nodeSelector: {kubernetes.io/arch: amd64}"},
		finding.Finding{Code: finding.ImageUnmatched, Severity: finding.Warning, Image: "lost",
			Message: "No manifest uses it."})
	r.Conclude(nil)
	golden.Check(t, "testdata/comment.md", summary.Comment(r, summary.Options{}))
}

func TestComment_stays_below_what_GitHub_takes(t *testing.T) {
	r := reports.Huge(5000, 10_000)
	r.Conclude(nil)
	text := summary.Comment(r, summary.Options{ReportFile: "report.json"})
	const most, mark = 65_536, 500
	if len(text) > most-mark {
		t.Errorf("%d bytes", len(text))
	}
	for _, want := range []string{"### Workloads",
		"not shown here for lack of room; see the JSON report, `report.json`."} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}
