package apply_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
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
		do              apply.Action
		want            map[string]int
	}{
		{"many_new_ones", maps(many...), apply.Created,
			map[string]int{"GET discovery": 2, "GET list": 1, "PATCH dry run": 30, "PATCH": 30}},
		{"many_again", maps(many...), apply.Unchanged, map[string]int{"GET discovery": 2, "GET list": 1}},
		{"many_changed", strings.ReplaceAll(maps(many...), "of: ", "now: "), apply.Configured,
			map[string]int{"GET discovery": 2, "GET list": 1, "PATCH dry run": 30, "PATCH": 30}},
		{"one_new", maps("one"), apply.Created, map[string]int{"GET discovery": 2, "GET": 1, "PATCH dry run": 1, "PATCH": 1}},
		{"one_again", maps("one"), apply.Unchanged, map[string]int{"GET discovery": 2, "GET": 1}},
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
