package apply_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
)

// cutting is a proxy before the cluster that from the patch of that number on, dry runs not counted, passes each
// request on and cuts the connection in place of the answer, for a time from the first cut on, or until heal is called.
func cutting(t *testing.T, from int32, lasts time.Duration) (a *apply.Applier, heal func()) {
	t.Helper()
	var patches atomic.Int32
	var healed atomic.Bool
	var first sync.Once
	through := forward(t, server(t))
	cfg := between(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch && !r.URL.Query().Has("dryRun") {
			patches.Add(1)
		}
		if patches.Load() < from || healed.Load() {
			return false
		}
		first.Do(func() { time.AfterFunc(lasts, func() { healed.Store(true) }) })
		through.ServeHTTP(httptest.NewRecorder(), r.Clone(t.Context()))
		panic(http.ErrAbortHandler)
	})
	return applier(t, cfg), func() { healed.Store(true) }
}

func many(n int, value string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("{apiVersion: v1, kind: ConfigMap, metadata: {name: m%02d}, data: {v: %s}}", i, value))
	}
	return strings.Join(all, "\n---\n")
}

func values(t *testing.T, namespace string, n int) map[any]int {
	t.Helper()
	count := map[any]int{}
	for i := range n {
		count[field(live(t, "configmaps.v1.", namespace, fmt.Sprintf("m%02d", i)), "data", "v")]++
	}
	return count
}

func TestApply_counts_objects_whose_answer_was_lost(t *testing.T) {
	for _, test := range []struct {
		name    string
		created bool
	}{{"changed", false}, {"created", true}} {
		t.Run(test.name, func(t *testing.T) {
			opts := in(t, "lost-"+test.name)
			opts.Patience = 20 * time.Second
			before := map[any]int{nil: 24}
			if !test.created {
				must(t, many(24, "old"), opts)
				before = map[any]int{"old": 24}
			}
			a, _ := cutting(t, 9, 3*time.Second)
			set, _, err := a.Apply(t.Context(), manifests(t, many(24, "new")), opts)
			if err == nil {
				t.Error("no error, although the connections were cut")
			}
			same(t, values(t, opts.Namespace, 24)["new"], len(set))
			back, err := a.Rollback(t.Context(), set, opts)
			same(t, nil, err)
			same(t, len(set), len(back))
			same(t, before, values(t, opts.Namespace, 24))
		})
	}
}

func TestApply_reports_unread_objects_and_Rollback_reads_them_later(t *testing.T) {
	opts := in(t, "lost-unread")
	opts.Patience = 200 * time.Millisecond
	must(t, many(12, "old"), opts)
	a, heal := cutting(t, 5, time.Hour)
	set, _, err := a.Apply(t.Context(), manifests(t, many(12, "new")), opts)
	if err == nil || !strings.Contains(err.Error(), "these may have been changed or not: ConfigMap lost-unread/m") {
		t.Errorf("the error names no object that may have been changed: %v", err)
	}
	_, err = a.Rollback(t.Context(), set, opts)
	if err == nil || !strings.Contains(err.Error(), "was not rolled back") {
		t.Errorf("the error does not name what was not rolled back: %v", err)
	}
	heal()
	opts.Patience = 20 * time.Second
	_, err = a.Rollback(t.Context(), set, opts)
	same(t, nil, err)
	same(t, map[any]int{"old": 12}, values(t, opts.Namespace, 12))
}
