package summary

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/docs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/markdown"
)

// openFindings is how many findings stand open before the others are folded.
const openFindings = 10

// findingsSection lists what is wrong, the worst first, each with its fix to copy; what is only worth knowing is
// folded.
func (r page) findingsSection(o Options, room int) string {
	problems, notes := split(finding.WorstFirst(r.Findings))
	open, more := problems[:min(len(problems), openFindings)], problems[min(len(problems), openFindings):]
	// What is not folded has most of the room, so that no flood of notes takes it away.
	text := findingList(open, o, room/2)
	text += markdown.Fold(finding.Counted(len(more), "more finding"), findingList(more, o, room/4))
	return text + markdown.Fold(finding.Counted(len(notes), "note"), findingList(notes, o, room/5))
}

// split parts errors and warnings from notes, in a sorted list.
func split(sorted []finding.Finding) (problems, notes []finding.Finding) {
	i := slices.IndexFunc(sorted, func(f finding.Finding) bool { return f.Severity == finding.Info })
	if i < 0 {
		return sorted, nil
	}
	return sorted[:i], sorted[i:]
}

func findingList(findings []finding.Finding, o Options, room int) string {
	var parts []string
	for _, f := range findings {
		parts = append(parts, o.finding(f, room/2))
	}
	return markdown.Fit(room, parts, o.leftOut("finding"))
}

var severityIcon = map[finding.Severity]string{finding.Error: "❌", finding.Warning: "⚠️", finding.Info: "ℹ️"}

// finding is a line with the code, which leads to its explanation, and the place; then the message, and the fix.
func (o Options) finding(f finding.Finding, room int) string {
	explanations := docs.Page(o.Version, "troubleshooting.md") // has a heading for each code
	text := fmt.Sprintf("%s **[%s](%s#%[2]s)**", severityIcon[f.Severity], f.Code, explanations)
	if about := cmp.Or(f.Object, f.Image); about != "" {
		text += " · " + markdown.Code(about)
	}
	if f.File != "" {
		text += " · " + o.place(f)
	}
	return text + "\n\n" + passage("text", markdown.Cut(f.Message, room/2)) + fix(markdown.Cut(f.Fix, room/2)) + "\n"
}

// place links to the line at fault, as it is in the commit.
func (o Options) place(f finding.Finding) string {
	where, fragment := f.File, ""
	if f.Line > 0 {
		where, fragment = fmt.Sprintf("%s:%d", f.File, f.Line), fmt.Sprintf("#L%d", f.Line)
	}
	file, inside := o.inRepository(f.File)
	if !inside {
		return markdown.Code(where)
	}
	address := url.URL{Path: file}
	return "[" + markdown.Code(where) + "](<" + o.Source + "/" + address.EscapedPath() + fragment + ">)"
}

// fix is what to change: a patch to copy, or words.
func fix(text string) string {
	if isPatch(text) {
		return markdown.Fence("yaml", text)
	}
	return passage("yaml", text)
}

// isPatch distinguishes YAML alone from words that YAML follows: a patch begins with its comment or its API version.
func isPatch(text string) bool {
	return strings.HasPrefix(text, "# ") || strings.HasPrefix(text, "apiVersion:")
}

// passage shows words, and what is indented between them as blocks to copy.
func passage(language, text string) string {
	var shown strings.Builder
	var words, block []string
	flush := func() {
		if len(block) > 0 {
			shown.WriteString(markdown.Fence(language, unindent(block)) + "\n")
		} else if line := markdown.Prose(strings.Join(words, "\n")); line != "" {
			shown.WriteString(line + "\n\n")
		}
		words, block = nil, nil
	}
	for line := range strings.Lines(text) {
		indented := strings.HasPrefix(line, "    ")
		if indented != (len(block) > 0) {
			flush()
		}
		if indented {
			block = append(block, line)
		} else {
			words = append(words, line)
		}
	}
	flush()
	return shown.String()
}

func unindent(lines []string) string {
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "    ")
	}
	return strings.Join(lines, "")
}
