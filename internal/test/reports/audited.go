package reports

import (
	"fmt"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// Audited is an audit of namespaces. In each a workload runs on arm64, two could move, one cannot and one is unknown.
// The first has more that could move, as many as there are namespaces.
func Audited(namespaces int) *report.Report {
	r := report.New()
	r.Target = report.Target{Cluster: "prod"}
	r.Nodes = []placement.NodeGroup{{Architecture: "amd64", OS: "linux", Count: 3},
		{Architecture: "arm64", OS: "linux", Count: 1}}
	r.Audit = &audit.Result{Architecture: "arm64", Total: audit.Sum{Running: map[string]audit.Usage{}}}
	for i := range namespaces {
		namespace, more := fmt.Sprintf("team-%02d", i), 0
		if i == 0 {
			more = namespaces
		}
		sum := audit.Sum{Namespace: namespace, Workloads: 5 + more, AtRiskNow: 1,
			Running: map[string]audit.Usage{"amd64": {Pods: 4, Cores: 2, Memory: 8 << 30}, "arm64": {Pods: 1, Cores: 0.5}},
			CanMove: audit.Share{Workloads: 2 + more, Usage: audit.Usage{Pods: 2, Cores: 1, Memory: 4 << 30}}}
		sum.CannotMove, sum.Unknown = audit.Share{Workloads: 1}, audit.Share{Workloads: 1}
		r.Audit.Namespaces = append(r.Audit.Namespaces, sum)
		addSum(&r.Audit.Total, sum)
		for n, at := range auditedRows() {
			r.Workloads = append(r.Workloads, report.Workload{
				Kind: "Deployment", Namespace: namespace, Name: fmt.Sprintf("app-%d", n), Audit: &at.row,
				Architectures: map[string]landing.Outcome{"amd64": landing.Runs, "arm64": at.arm64},
			})
		}
	}
	return r
}

type auditedRow struct {
	arm64 landing.Outcome
	row   audit.Row
}

func auditedRows() []auditedRow {
	return []auditedRow{
		{landing.Runs, audit.Row{Move: audit.Runs}},
		{landing.Crashes, audit.Row{Move: audit.NotReady, Risk: audit.Now,
			Why: "container main: amd (third party) offers linux/amd64 only"}},
		{landing.Excluded, audit.Row{Move: audit.Ready, Why: "it does not tolerate arch=arm64:NoSchedule",
			Patch: "spec: {}\n"}},
		{landing.Runs, audit.Row{Move: audit.Ready, Why: "it runs there as soon as the pool has a node"}},
		{landing.Runs, audit.Row{Move: audit.Unknown, Why: "401 Unauthorized"}},
	}
}

func addSum(total *audit.Sum, s audit.Sum) {
	total.Workloads += s.Workloads
	total.AtRiskNow += s.AtRiskNow
	total.CanMove.Workloads += s.CanMove.Workloads
	total.CannotMove.Workloads += s.CannotMove.Workloads
	total.Unknown.Workloads += s.Unknown.Workloads
}
