package publish

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// large is the report of a deploy of n objects, every tenth of which changed, and a pod for each.
func large(n int) *report.Report {
	r := report.New()
	for i := range n {
		c := change.Change{Object: fmt.Sprintf("apps/v1 Deployment shop/%05d-<\u65e5>", i), Action: change.Unchanged}
		if i%10 == 0 {
			c.Action = change.Configured
		}
		r.Changes = append(r.Changes, c)
		r.Pods = append(r.Pods, rollout.Pod{Workload: c.Object, Architecture: "arm64", Ready: true})
	}
	return r
}

func TestOutputs_stay_short(t *testing.T) {
	for _, test := range []struct {
		name             string
		objects          int
		changes, placed  int
		changed, partial bool
	}{
		{"few_objects_are_all_there", 1000, 1000, 1000, false, false},
		{"what_did_not_change_goes_first", 9000, 900, 2307, true, true},
		{"then_what_comes_last", 50_000, 1481, 2307, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			values := map[string]output{}
			total := 0
			for _, o := range outputs(large(test.objects), "report.json", "summary.md") {
				values[o.Name] = o
				total += 2 * len(o.Value)
				if len(o.Value) > outputLimit {
					t.Errorf("%s is %d bytes long", o.Name, len(o.Value))
				}
			}
			if total > 1_000_000 {
				t.Errorf("%d bytes in all", total)
			}
			var changes []change.Change
			var placement map[string]any
			if err := json.Unmarshal([]byte(values["changes"].Value), &changes); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(values["placement"].Value), &placement); err != nil {
				t.Fatal(err)
			}
			got := []any{len(changes), len(placement), values["changes"].short, values["placement"].short}
			if diff := cmp.Diff([]any{test.changes, test.placed, test.changed, test.partial}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
