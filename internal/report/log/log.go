// Package log prints the events of a run for people, and its findings as annotations.
package log

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// shownFindings is how many findings of each severity a step shows in full.
var shownFindings = map[finding.Severity]int{finding.Error: 20, finding.Warning: 10, finding.Info: 10}

// shownObjects is how many names of the objects that a finding is also about are shown.
const shownObjects = 5

// statusPause is how long a log that can't overwrite its last line stays silent before it shows a status.
const statusPause = 5 * time.Second

// Style says what the reader of a log can show.
type Style struct {
	// Color uses ANSI colours.
	Color bool
	// Live overwrites the last line with what is going on now; only a terminal can.
	Live bool
	// Width is the terminal's, in characters: a live line that wraps could not be overwritten. 0 is unknown.
	Width int
	// Clean takes out of untrusted text what the reader would obey; nil is redact.Printable.
	Clean func(string) string
}

// Print returns a sink that prints events for a person: a headline per step, its messages indented, findings when they
// are known.
func Print(w io.Writer, style Style) progress.Sink {
	l := &log{w: w, style: style, clean: style.Clean, findings: map[finding.Severity]int{}}
	if l.clean == nil {
		l.clean = redact.Printable
	}
	return l.locked(l.print)
}

// Grouped returns a sink that prints events for a runner's log, a foldable group per step.
func Grouped(r *runner.Runner) progress.Sink {
	l := &log{w: r.Raw(), clean: r.Clean, findings: map[finding.Severity]int{}}
	return l.locked(func(e progress.Event) {
		switch e := e.(type) {
		case progress.StepStarted:
			l.spoke = time.Now()
			r.Group(e.Title)
		case progress.StepFinished:
			l.showRest()
			r.EndGroup()
		default:
			l.print(e)
		}
	})
}

type log struct {
	mu     sync.Mutex
	w      io.Writer
	style  Style
	status string
	// spoke is when a line was last printed.
	spoke time.Time
	// clean takes from untrusted text what the reader would obey.
	clean func(string) string
	// findings are how many findings of each severity the step has, and rest are those that it did not show.
	findings map[finding.Severity]int
	rest     []finding.Finding
}

func (l *log) locked(print progress.Sink) progress.Sink {
	return func(e progress.Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		print(e)
	}
}

func (l *log) print(e progress.Event) {
	switch e := e.(type) {
	case progress.StepStarted:
		l.line(bold, "▸ "+e.Title)
	case progress.StepFinished:
		l.clear()
		l.status = ""
		l.showRest()
		if e.Elapsed >= time.Second {
			l.line(dim, fmt.Sprintf("  %.1fs", e.Elapsed.Seconds()))
		}
	case progress.Message:
		l.line("", indent(e.Text))
	case progress.Status:
		l.live(e.Text)
	case progress.Found:
		l.found(e)
	}
}

// found shows a finding in full, or counts it where the step has shown many of its severity.
func (l *log) found(e progress.Found) {
	if l.findings[e.Finding.Severity]++; l.findings[e.Finding.Severity] > shownFindings[e.Finding.Severity] {
		l.rest = append(l.rest, slices.Repeat([]finding.Finding{e.Finding}, 1+len(e.Others))...)
		return
	}
	l.line(severityColor[e.Finding.Severity], indent(e.Finding.Sentence()))
	if e.Finding.Fix != "" {
		l.line("", indent(indent(strings.TrimSpace(e.Finding.Fix))))
	}
	if len(e.Others) > 0 {
		l.line("", indent(indent(also(e.Others))))
	}
}

// showRest counts, at the end of a step, the findings that were not shown in full.
func (l *log) showRest() {
	if len(l.rest) > 0 {
		l.line("", indent(fmt.Sprintf("and %s: %s; the JSON report has all", finding.Counted(len(l.rest), "more finding"),
			countCodes(l.rest))))
	}
	clear(l.findings)
	l.rest = nil
}

// countCodes says how many findings there are of each code, the most frequent first.
func countCodes(findings []finding.Finding) string {
	counts := map[finding.Code]int{}
	for _, f := range findings {
		counts[f.Code]++
	}
	codes := slices.SortedFunc(maps.Keys(counts), func(a, b finding.Code) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, code := range codes {
		parts = append(parts, fmt.Sprintf("%d %s", counts[code], code))
	}
	return strings.Join(parts, ", ")
}

// live shows a status: in place on a terminal, else as a line now and then.
func (l *log) live(text string) {
	if text == l.status {
		return
	}
	l.clear()
	l.status = text
	l.showStatus()
	if now := time.Now(); !l.style.Live && now.Sub(l.spoke) >= statusPause {
		l.line("", indent(text))
	}
}

func (l *log) line(color, text string) {
	l.spoke = time.Now()
	l.clear()
	fmt.Fprintln(l.w, l.paint(color, l.clean(text)))
	l.showStatus()
}

func (l *log) showStatus() {
	if l.style.Live && l.status != "" {
		fmt.Fprint(l.w, l.paint(dim, l.clip("  "+l.clean(l.status))))
	}
}

func (l *log) clip(text string) string {
	if letters := []rune(text); l.style.Width > 0 && len(letters) >= l.style.Width {
		return string(letters[:l.style.Width-2]) + "…"
	}
	return text
}

func (l *log) clear() {
	if l.style.Live && l.status != "" {
		fmt.Fprint(l.w, "\r\x1b[K")
	}
}

const (
	bold = "1"
	dim  = "2"
)

var severityColor = map[finding.Severity]string{finding.Error: "31", finding.Warning: "33", finding.Info: "36"}

func (l *log) paint(code, text string) string {
	if !l.style.Color || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(text, "\n", "\n  ")
}

// also names the other objects of a group, or is "".
func also(others []string) string {
	switch n := len(others); {
	case n == 0:
		return ""
	case n <= shownObjects:
		return "The same is true of " + strings.Join(others, ", ") + "."
	default:
		return fmt.Sprintf("The same is true of %d more: %s, …", n, strings.Join(others[:shownObjects], ", "))
	}
}
