package log_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/log"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/golden"
)

func events() []progress.Event {
	return []progress.Event{
		progress.StepStarted{Name: "verify", Title: "Verify images"},
		progress.Status{Text: "1 of 2"},
		progress.Message{Text: "two\nlines"},
		progress.Found{Finding: finding.Finding{
			Code: finding.CrashLoop, Severity: finding.Error, File: "a.yaml", Line: 3, Message: "\x1b[2Jgone\n::error::obey",
			Fix: "do this\n"}},
		progress.StepFinished{Name: "verify", Elapsed: 2300 * time.Millisecond},
	}
}

func TestPrint(t *testing.T) {
	var plain, terminal bytes.Buffer
	for _, e := range events() {
		log.Print(&plain, log.Style{})(e)
	}
	sink := log.Print(&terminal, log.Style{Color: true, Live: true, Width: 7})
	for _, e := range events() {
		sink(e)
	}
	golden.Check(t, "testdata/plain.txt", plain.String())
	golden.Check(t, "testdata/terminal.txt", terminal.String())
}

func TestGrouped(t *testing.T) {
	var out bytes.Buffer
	sink := log.Grouped(runner.New(&out, func(string) string { return "true" }))
	for _, e := range events() {
		sink(e)
	}
	golden.Check(t, "testdata/grouped.txt", out.String())
}

func TestPrint_without_a_terminal_shows_a_status_only_now_and_then(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		sink := log.Print(&out, log.Style{})
		sink(progress.StepStarted{Title: "Watch"})
		for _, text := range []string{"1 of 9", "2 of 9", "3 of 9", "4 of 9"} {
			time.Sleep(2 * time.Second)
			sink(progress.Status{Text: text})
		}
		want := "▸ Watch\n  3 of 9\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPrint_stays_readable_with_a_thousand_findings(t *testing.T) {
	var out bytes.Buffer
	sink := log.Print(&out, log.Style{})
	sink(progress.StepStarted{Title: "Plan"})
	for i := range 1000 {
		f := finding.Finding{Code: finding.ExecFormatError, Severity: finding.Error, Message: fmt.Sprintf("Finding %d.", i)}
		sink(progress.Found{Finding: f, Others: []string{"one", "two"}})
	}
	sink(progress.Found{Finding: finding.Finding{Code: finding.ImagePull, Severity: finding.Warning,
		Message: "A warning."}})
	sink(progress.StepFinished{})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) > 50 {
		t.Errorf("%d lines", len(lines))
	}
	for _, want := range []string{"error exec-format-error: Finding 0.\n    The same is true of one, two.\n", "A warning.",
		"  and 2940 more findings: 2940 exec-format-error; the JSON report has all\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, &out)
		}
	}
}
