package apply_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
)

// The time a deploy takes is its round trips.
func TestRound_trips(t *testing.T) {
	opts := in(t, "round-trips")
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("m%02d", i))
	}
	var mu sync.Mutex
	var count map[string]int
	cfg := between(t, func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		what := r.Method
		switch {
		case r.URL.Query().Has("dryRun"):
			what += " dry run"
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/configmaps"):
			what += " list"
		case r.URL.Path == "/api" || r.URL.Path == "/apis":
			what += " discovery"
		}
		count[what]++
		return false
	})
	for _, test := range []struct {
		name, manifests string
		do              change.Action
		want            map[string]int
	}{
		{"many_new_ones", maps(many...), change.Created,
			map[string]int{"GET discovery": 2, "GET list": 1, "PATCH dry run": 30, "PATCH": 30}},
		{"many_again", maps(many...), change.Unchanged, map[string]int{"GET discovery": 2, "GET list": 1}},
		{"many_changed", strings.ReplaceAll(maps(many...), "of: ", "now: "), change.Configured,
			map[string]int{"GET discovery": 2, "GET list": 1, "PATCH dry run": 30, "PATCH": 30}},
		{"one_new", maps("one"), change.Created,
			map[string]int{"GET discovery": 2, "GET": 1, "PATCH dry run": 1, "PATCH": 1}},
		{"one_again", maps("one"), change.Unchanged, map[string]int{"GET discovery": 2, "GET": 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			count = map[string]int{}
			set, findings := refused(t, cfg, test.manifests, opts)
			same(t, 0, len(findings))
			for _, c := range set {
				same(t, test.do, c.Action)
			}
			same(t, test.want, count)
		})
	}
}

// What is expected is listed before all of the set is known, and no list is made twice; nor is a dry run that the plan
// has made already.
func TestRound_trips_of_what_is_expected(t *testing.T) {
	opts := in(t, "expected")
	var mu sync.Mutex
	count := map[string]int{}
	a := applier(t, between(t, func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case r.URL.Query().Has("dryRun"):
			count["dry run"]++
		case r.Method == http.MethodPatch:
			count["apply"]++
		case strings.HasSuffix(r.URL.Path, "/configmaps"):
			count["list"]++
		case r.URL.Path == "/api" || r.URL.Path == "/apis":
			count["discovery"]++
		default:
			count[r.Method+" "+r.URL.Path]++
		}
		return false
	}))
	objects := manifests(t, maps("m1", "m2", "m3"))
	a.Warm(t.Context())
	for _, o := range objects {
		a.Expect(t.Context(), o.GroupVersionKind(), opts.Namespace)
	}
	var err error
	if opts.Reading, err = a.Read(t.Context(), objects, opts); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Foresee(opts)(t.Context(), objects[1]); err != nil {
		t.Fatal(err)
	}
	set, findings, err := a.Apply(t.Context(), objects, opts)
	if err != nil || len(findings) > 0 || len(set) != len(objects) {
		t.Fatalf("%v, %v, %v", told(set), findings, err)
	}
	same(t, map[string]int{"discovery": 2, "list": 1, "dry run": 3, "apply": 3}, count)
}
