package log_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/log"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

func TestAnnotate(t *testing.T) {
	many := func(severity finding.Severity, n int) (all []finding.Finding) {
		for i := range n {
			all = append(all, finding.Finding{Code: finding.CrashLoop, Severity: severity,
				Message: fmt.Sprintf("no line %d", i)})
		}
		return all
	}
	onALine := finding.Finding{Code: finding.CrashLoop, Severity: finding.Error, Message: "on a line", File: "app.yaml",
		Line: 3, Fix: "Mend it."}
	for _, test := range []struct {
		name     string
		findings []finding.Finding
		err      error
		first    string
		want     map[string]int
		leftOut  int
	}{
		{"none", nil, nil, "", map[string]int{}, 0},
		{"all_that_github_shows", many(finding.Error, 10), nil, "::error title=crash-loop::no line 0",
			map[string]int{"error": 10}, 0},
		{"what_has_a_line_goes_first", append(many(finding.Error, 11), onALine), nil,
			"::error file=app.yaml,line=3,title=crash-loop::on a line%0A%0AMend it.", map[string]int{"error": 10}, 2},
		{"room_for_what_ended_the_run", many(finding.Error, 10), errors.New("no network"),
			"::error title=crash-loop::no line 0",
			map[string]int{"error": 9}, 1},
		{"each_level_has_its_own_room", append(many(finding.Warning, 12), many(finding.Info, 12)...), nil,
			"::warning title=crash-loop::no line 0", map[string]int{"warning": 10, "notice": 10}, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := report.New()
			r.Add(test.findings...)
			r.Conclude(test.err)
			var out bytes.Buffer
			leftOut := log.Annotate(runner.New(&out, func(string) string { return "" }), r)
			got := map[string]int{}
			for line := range strings.Lines(out.String()) {
				level, _, _ := strings.Cut(strings.TrimPrefix(line, "::"), " ")
				got[level]++
			}
			first, _, _ := strings.Cut(out.String(), "\n")
			if diff := cmp.Diff([]any{test.first, test.want, test.leftOut}, []any{first, got, leftOut}); diff != "" {
				t.Error(diff)
			}
		})
	}
}
