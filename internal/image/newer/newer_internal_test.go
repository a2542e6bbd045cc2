package newer

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewerTags(t *testing.T) {
	for _, test := range []struct {
		name, current string
		tags, want    []string
	}{
		{"least_change_first", "1.2.3", []string{"1.2.4", "1.2.5", "1.3.0", "1.4.9", "2.0.1", "1.2.2"},
			[]string{"1.2.5", "1.4.9", "2.0.1"}},
		{"same_number_of_parts", "1.2.3", []string{"1.3", "2", "1.2.3.1"}, nil},
		{"same_prefix", "v1.2.3", []string{"1.2.9", "v1.2.4", "release-1.2.8"}, []string{"v1.2.4"}},
		{"same_suffix", "1.25.3-alpine", []string{"1.27.0", "1.26.1-alpine", "1.26.2-alpine-perl"},
			[]string{"1.26.1-alpine"}},
		{"numbers_in_the_suffix", "3.9-alpine3.17", []string{"3.9-alpine3.18", "3.11-alpine3.19", "3.12-slim"},
			[]string{"3.11-alpine3.19"}},
		{"numbers_are_compared_as_such", "1.9.0", []string{"1.10.0", "1.8.0"}, []string{"1.10.0"}},
		{"no_candidate_for_a_release", "1.2.3", []string{"1.3.0-rc1", "1.2.4-beta"}, nil},
		{"dates", "20240101", []string{"20240301", "20231231"}, []string{"20240301"}},
		{"three_look_ups_at_most", "1.1.1.1", []string{"1.1.1.2", "1.1.2.1", "1.2.1.1", "2.1.1.1"},
			[]string{"1.1.1.2", "1.1.2.1", "1.2.1.1"}},
		{"latest_is_no_version", "latest", []string{"1.0", "latest2"}, nil},
		{"hash_is_no_version", "4f2a9c1", []string{"5f2a9c1", "4f2a9c2"}, nil},
		{"number_too_long", "99999999999999999999999.1", []string{"99999999999999999999999.2"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, newerTags(test.tags, test.current)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
