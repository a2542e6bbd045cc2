package summary

import (
	"fmt"
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/report/markdown"
)

// timelineStyle is the same in light and in dark mode: bars with a text colour of their own, and no background.
const timelineStyle = `%%{init: {"theme": "base", "themeVariables": {
  "sectionBkgColor": "transparent", "altSectionBkgColor": "transparent", "sectionBkgColor2": "transparent", "gridColor": "#7d8590",
  "taskBkgColor": "#0969da", "taskBorderColor": "#0969da", "critBkgColor": "#cf222e", "critBorderColor": "#cf222e",
  "taskTextColor": "#ffffff", "taskTextDarkColor": "#7d8590", "taskTextOutsideColor": "#7d8590", "textColor": "#7d8590"
}, "gantt": {"barHeight": 20, "barGap": 5, "leftPadding": 24, "rightPadding": 30, "fontSize": 13}}}%%
`

// timelineSection draws the steps one after another, to scale.
func (r page) timelineSection(Options, int) string {
	if len(r.Steps) < 2 {
		return ""
	}
	var text strings.Builder
	// Times of a day, and not since 1970: those would be shown in the reader's time zone.
	text.WriteString(timelineStyle + "gantt\n  dateFormat HH:mm:ss.SSS\n  axisFormat %M:%S\n  tickInterval " +
		tick(r.elapsed()) + "\n")
	var start time.Duration
	for _, step := range r.Steps {
		mark := ""
		if step.Failed {
			mark = "crit, "
		}
		fmt.Fprintf(&text, "  %s %s :%s%s, %s\n", markdown.Label(step.Title), span(step.Elapsed), mark, clock(start),
			clock(start+step.Elapsed))
		start += step.Elapsed
	}
	return markdown.Fence("mermaid", text.String())
}

// span is a duration in words: "20 ms", "3.2 s", "2m5s".
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}

// clock is a time of day, and at the end of the day where a run takes more than one.
func clock(d time.Duration) string {
	return time.Time{}.Add(min(d, 24*time.Hour-time.Millisecond)).Format("15:04:05.000")
}

func (r page) elapsed() time.Duration {
	var all time.Duration
	for _, step := range r.Steps {
		all += step.Elapsed
	}
	return all
}

// tick is how far the lines of the timeline are apart: there are three to twelve of them.
func tick(whole time.Duration) string {
	for _, tick := range []struct {
		text  string
		every time.Duration
	}{
		{"1second", time.Second}, {"5second", 5 * time.Second}, {"15second", 15 * time.Second},
		{"1minute", time.Minute}, {"5minute", 5 * time.Minute},
	} {
		if whole <= 12*tick.every {
			return tick.text
		}
	}
	return "1hour"
}
