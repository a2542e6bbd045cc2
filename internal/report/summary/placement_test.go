package summary_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
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
		outcome landing.Outcome
		pods    []rollout.Pod
		want    string
	}{
		{"before_the_rollout", landing.Runs, nil, "✅ runs | ✅ runs |"},
		{"would_crash", landing.Crashes, nil, "✅ runs | ❌ crashes |"},
		{"kept_off", landing.Excluded, nil, "✅ runs | ➖ excluded |"},
		{"all_ready", landing.Runs, []rollout.Pod{pod("amd64", ""), pod("arm64", ""), pod("arm64", "")},
			"✅ 1 pod ready | ✅ 2 pods ready |"},
		{"a_finished_job", landing.Runs, []rollout.Pod{pod("arm64", "Completed")}, "➖ no pod | ✅ 1 pod ready |"},
		{"some_crash", landing.Crashes, []rollout.Pod{pod("arm64", ""), pod("arm64", "crash-loop")},
			"➖ no pod | ❌ 1 of 2 pods ready · `crash-loop` |"},
		{"runs_against_the_plan", landing.Crashes, []rollout.Pod{pod("arm64", "")}, "➖ no pod | ✅ 1 pod ready |"},
		{"luck_that_may_end", landing.Crashes, []rollout.Pod{pod("amd64", "")}, "✅ 1 pod ready | ⚠️ crashes |"},
		{"no_node_has_room", landing.Excluded, []rollout.Pod{pod("", "Pending")},
			"➖ no pod | ➖ excluded | ❌ 0 of 1 pod ready · `Pending` |"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := report.New()
			r.Workloads = []report.Workload{{Kind: "Deployment", Namespace: "shop", Name: "cart",
				Architectures: map[string]landing.Outcome{"amd64": landing.Runs, "arm64": test.outcome,
					"s390x": landing.Absent}}}
			r.Pods = test.pods
			_, cells, _ := strings.Cut(summaryOf(r), "| `Deployment shop/cart` | ")
			cells, _, _ = strings.Cut(cells, "\n")
			if diff := cmp.Diff(test.want, cells); diff != "" {
				t.Error(diff)
			}
		})
	}
}
