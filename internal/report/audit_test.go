package report_test

import (
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

func TestWorth(t *testing.T) {
	usage := func(cores float64) audit.Usage { return audit.Usage{Pods: 1, Cores: cores} }
	const all = "Requested cores cost 0.3500 an hour; those that could move cost 0.2000, and 0.1500 on arm64: " +
		"0.0500 less an hour, 36.50 a month"
	for _, test := range []struct {
		name    string
		running map[string]audit.Usage
		want    string
	}{
		{"all_have_a_price", map[string]audit.Usage{"amd64": usage(2), "arm64": usage(1), report.NoNode: usage(1)}, all},
		{"some_have_none", map[string]audit.Usage{"amd64": usage(2), "s390x": usage(1), "ppc64le": usage(2), "arm": usage(0)},
			all + ". Not counted, for want of a price: cores on ppc64le and s390x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := report.Report{Audit: &audit.Result{Architecture: "arm64", Total: audit.Sum{Running: test.running},
				Worth: &audit.Worth{Prices: map[string]float64{"amd64": 0.1, "arm64": 0.075}, Running: 0.35, CanMove: 0.2,
					Moved: 0.15}}}
			if got := r.Worth(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
