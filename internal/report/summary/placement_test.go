package summary_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

func TestPlacement_in_the_summary(t *testing.T) {
	pod := func(architecture, reason string) rollout.Pod {
		return rollout.Pod{Workload: "apps/v1 Deployment shop/cart", Architecture: architecture, Ready: reason == "",
			Reason: reason}
	}
	for _, test := range []struct {
		name    string
		outcome placement.Outcome
		pods    []rollout.Pod
		want    string
	}{
		{"before_the_rollout", placement.Runs, nil, "✅ runs | ✅ runs |"},
		{"would_crash", placement.Crashes, nil, "✅ runs | ❌ crashes |"},
		{"kept_off", placement.Excluded, nil, "✅ runs | ➖ excluded |"},
		{"all_ready", placement.Runs, []rollout.Pod{pod("amd64", ""), pod("arm64", ""), pod("arm64", "")},
			"✅ 1 pod ready | ✅ 2 pods ready |"},
		{"a_finished_job", placement.Runs, []rollout.Pod{pod("arm64", "Completed")}, "➖ no pod | ✅ 1 pod ready |"},
		{"some_crash", placement.Crashes, []rollout.Pod{pod("arm64", ""), pod("arm64", "crash-loop")},
			"➖ no pod | ❌ 1 of 2 pods ready · `crash-loop` |"},
		{"runs_against_the_plan", placement.Crashes, []rollout.Pod{pod("arm64", "")}, "➖ no pod | ✅ 1 pod ready |"},
		{"luck_that_may_end", placement.Crashes, []rollout.Pod{pod("amd64", "")}, "✅ 1 pod ready | ⚠️ crashes |"},
		{"no_node_has_room", placement.Excluded, []rollout.Pod{pod("", "Pending")},
			"➖ no pod | ➖ excluded | ❌ 0 of 1 pod ready · `Pending` |"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := report.New()
			r.Workloads = []report.Workload{{Kind: "Deployment", Namespace: "shop", Name: "cart",
				Architectures: map[string]placement.Outcome{"amd64": placement.Runs, "arm64": test.outcome,
					"s390x": placement.Absent}}}
			r.Pods = test.pods
			_, cells, _ := strings.Cut(summaryOf(r), "| `Deployment shop/cart` | ")
			cells, _, _ = strings.Cut(cells, "\n")
			if diff := cmp.Diff(test.want, cells); diff != "" {
				t.Error(diff)
			}
		})
	}
}
