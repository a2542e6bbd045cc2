package lookup

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
)

// dead is the error about an image of a registry that can't be reached.
func dead(reference, host string, skipped bool) error {
	return &Error{reference, &registry.Error{
		Kind: registry.Unreachable, Registry: host, Words: "nothing received for 10s", Skipped: skipped,
	}}
}

func TestOutages_of_one_registry_are_one_problem(t *testing.T) {
	other := errors.New("another problem")
	problems := []error{nil, dead("dead/a:1", "dead", false), other, dead("far/x:1", "far", false), dead("dead/b:1",
		"dead", true)}
	var got []string
	for _, err := range JoinOutages(problems) {
		got = append(got, fmt.Sprint(err))
	}
	const advice = "check its name and port, that it runs, and that this machine may connect to it"
	want := []string{
		"<nil>",
		`registry "dead" cannot be reached: nothing received for 10s; ` + advice + "; it should have dead/a:1, dead/b:1",
		"another problem",
		`registry "far" cannot be reached: nothing received for 10s; ` + advice,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOutage_of_fifty_images_is_one_warning(t *testing.T) {
	var problems []error
	for i := range 50 {
		problems = append(problems, dead(fmt.Sprintf("dead/image%d:1", i), "dead", i > 7))
	}
	joined := JoinOutages(problems)
	var all *Outage
	if len(joined) != 1 || !errors.As(joined[0], &all) {
		t.Fatalf("got %v, want one error", joined)
	}
	f := all.Finding()
	for _, part := range []string{"Registry dead cannot be reached: nothing received for 10s.", "dead/image0:1, ",
		", dead/image49:1.", "not asked for 42 of them"} {
		if !strings.Contains(f.Message, part) {
			t.Errorf("got %s\nwant a part of it to be %s", f.Message, part)
		}
	}
}
