package console

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNormalize_tells_names_from_ages(t *testing.T) {
	tests := []struct{ name, output, want string }{
		{"a_suffix_like_an_age", "app-6896765f8d-2475s   1/1   Running   0   5s", "app-0-0  1/1  Running  0  0s"},
		{"a_suffix_like_minutes", "app-5885444848-5m45s   1/1   Running   0   1m5s", "app-0-0  1/1  Running  0  0s"},
		{"a_name_like_an_age", "2475s   1/1   Running   0   5s", "2475s  1/1  Running  0  0s"},
		{"a_name_that_begins_like_an_age", "service/5s-shop created", "service/5s-shop created"},
		{"a_bare_pod", "app-2475s   1/1", "app-2475s  1/1"},
		{"a_pod_that_was_not_made", `pods "app-856cc4cfbc-" is forbidden`, `pods "app-0-" is forbidden`},
		{"a_hash_of_digits_alone", "app-4444444444-99999 ready", "app-0-0 ready"},
		{"restarts", "0/1   Error   3 (12s ago)   1m2s", "0/1  Error  0 (0s ago)  0s"},
		{"within_a_sentence", "not ready after 10s: 3 of 6", "not ready after 0s: 3 of 6"},
		{"an_image_tag", "shop/app:5s", "shop/app:5s"},
		{"a_commit", "4f2a9c1 5s", "4f2a9c1 0s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Normalize(test.output)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", test.output, diff)
			}
		})
	}
}

// Whatever names the API server draws, two runs of a command are the same.
func TestNormalize_takes_all_that_chance_draws_for_the_same(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(letters string, n int) string {
		var s strings.Builder
		for range n {
			s.WriteByte(letters[random.IntN(len(letters))])
		}
		return s.String()
	}
	line := func() string {
		return fmt.Sprintf("app-%s-%s   1/1   Running   %d (%ds ago)   %dm%ds   10.128.0.%d   sha256:%s after %d.%ds\n",
			draw("456789bcdf", 6+random.IntN(5)), draw("2456789bcdfghjklmnpqrstvwxzsms", 5), random.IntN(9), random.IntN(99),
			1+random.IntN(9), random.IntN(60), random.IntN(255), draw("0123456789abcdef", 12), random.IntN(99), random.IntN(9))
	}
	want := Normalize(line())
	for range 10_000 {
		drawn := line()
		if got := Normalize(drawn); got != want {
			t.Fatalf("%q is normalized to %q, want %q", drawn, got, want)
		}
		reversed := slices.Clone(chance)
		slices.Reverse(reversed)
		if got := normalize(drawn, reversed); got != want {
			t.Fatalf("%q is normalized to %q by the rules in reverse order, want %q", drawn, got, want)
		}
	}
}

func TestGap_is_the_first_line_that_is_missing(t *testing.T) {
	tests := []struct{ name, page, output, want string }{
		{"nothing", "a\nb\n", "a\nb\n", ""},
		{"a_line", "a\n…\nc\nd\n", "a\nb\nc\ne\n", "d\n"},
		{"more_output", "a\n", "a\nb\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Gap(test.page, test.output)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
