package report_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
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

func TestLog(t *testing.T) {
	var plain, terminal bytes.Buffer
	for _, e := range events() {
		report.Log(&plain, report.Style{})(e)
	}
	sink := report.Log(&terminal, report.Style{Color: true, Live: true, Width: 7})
	for _, e := range events() {
		sink(e)
	}
	golden(t, "plain.txt", plain.String())
	golden(t, "terminal.txt", terminal.String())
}

func TestGroupedLog(t *testing.T) {
	var out bytes.Buffer
	sink := report.GroupedLog(runner.New(&out, func(string) string { return "true" }))
	for _, e := range events() {
		sink(e)
	}
	golden(t, "grouped.txt", out.String())
}

func TestLog_without_a_terminal_shows_a_status_only_now_and_then(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		sink := report.Log(&out, report.Style{})
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
