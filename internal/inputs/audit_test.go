package inputs_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

func TestParse_prices(t *testing.T) {
	const none = "price: there is none for arm64, which the audit is about; add arm64=PRICE"
	for _, test := range []struct {
		name, prices, pool string
		want               map[string]float64
		problems           inputs.Problems
	}{
		{"none", "", "", nil, nil},
		{"both", "amd64=0.048, arm64=0.038", "", map[string]float64{"amd64": 0.048, "arm64": 0.038}, nil},
		{"nothing_to_compare_with", "amd64=0.048", "", nil, inputs.Problems{none}},
		{"the_other_way", "amd64=1", "arch=amd64", map[string]float64{"amd64": 1}, nil},
		{"words", "arm64=cheap,amd64=1", "", nil, inputs.Problems{
			`price: "arm64=cheap" is not ARCHITECTURE=PRICE, such as arm64=0.038`, none}},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, err := parse(map[string]string{"price": test.prices, "expect-nodes": test.pool},
				inputs.Needs{Namespaces: true})
			var problems inputs.Problems
			errors.As(err, &problems)
			if diff := cmp.Diff(test.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, config.Prices); diff != "" {
				t.Errorf("prices (-want +got):\n%s", diff)
			}
		})
	}
}
