package imageuse

import "testing"

func TestPattern_of_a_name(t *testing.T) {
	for _, test := range []struct {
		name, reference string
		want            bool
	}{
		{"ghcr.io/me/app", "ghcr.io/me/app:v1", true}, {"ghcr.io/me/app", "ghcr.io/me/app2", false},
		{"ghcr.io/me/ap+", "ghcr.io/me/a:v1", false}, {"ghcr.io/me/ap*", "ghcr.io/me/a:v1", true},
		{"ab|ac", "xac:v1", true}, {"(", "(", false}, {".*", "app", true}, {"^app", "app", true}, {"", ":v1", true},
	} {
		if got := NewPattern(test.name).Matches(test.reference); got != test.want {
			t.Errorf("%q in %q: %t, want %t", test.name, test.reference, got, test.want)
		}
	}
}
