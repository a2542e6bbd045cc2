package finding_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

func TestWithoutPodName_keeps_the_reason_of_a_refusal(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"a_dry_run", `pods "web-49wlj" is forbidden: violates PodSecurity "restricted:latest"`,
			`violates PodSecurity "restricted:latest"`},
		{"a_name_that_is_yet_to_be_completed", `pods "web-" is forbidden: no PriorityClass with name nope was found`,
			"no PriorityClass with name nope was found"},
		{"an_event", `Error creating: pods "web-x" is forbidden: exceeded quota: q`, "exceeded quota: q"},
		{"a_limit", `Pod "web-zs8ss" is invalid: spec.containers[0].resources.requests: Invalid value: "2": must be less`,
			`spec.containers[0].resources.requests: Invalid value: "2": must be less`},
		{"a_webhook", `admission webhook "a.b" denied the request: no`, `admission webhook "a.b" denied the request: no`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, finding.WithoutPodName(test.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusesDryRuns(t *testing.T) {
	for answer, want := range map[string]bool{
		// The API server's own words, of a webhook with side effects.
		`admission webhook "v.example.com" does not support dry run`:                                          true,
		`admission webhook "v.example.com" denied the request: this webhook does not support dryRun requests`: true,
		`admission webhook "v.example.com" denied the request: image is not signed`:                           false,
		`Deployment.apps "dry-run" is invalid: spec.replicas: Invalid value: -1`:                              false,
	} {
		if got := finding.RefusesDryRuns(errors.New(answer)); got != want {
			t.Errorf("%q: %t, want %t", answer, got, want)
		}
	}
}
