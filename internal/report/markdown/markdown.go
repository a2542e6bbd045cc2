// Package markdown writes text from anywhere as GitHub Flavored Markdown and Mermaid, in which it is data.
package markdown

import (
	"fmt"
	"html"
	"regexp"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
)

// Names, messages and log lines come from manifests, registries and pods. In Markdown they are data: none of them may
// make an image, HTML, a heading, a mention, math, a cell of its own, or a link that hides where it leads; an address
// that GitHub makes a link shows itself. The syntax is GitHub's: https://github.github.com/gfm/

// Code shows a name as code, where GitHub looks for no mention, emoji or math either.
func Code(name string) string {
	name = redact.OneLine(name)
	switch {
	case name == "":
		return ""
	case strings.ContainsAny(name, "`|\\") || strings.TrimSpace(name) != name:
		return "<code>" + Entities(name) + "</code>"
	default:
		return "`" + name + "`"
	}
}

// Prose shows text of several lines as one paragraph: where a new line begins, so could a list or a heading.
func Prose(text string) string {
	var lines []string
	for line := range strings.Lines(redact.Printable(text)) { // which ends lines with \n alone
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, escaper.Replace(unmentioned(line)))
		}
	}
	return listMarker.ReplaceAllString(strings.Join(lines, "<br>"), `$1\$2`)
}

var escaper = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">",
	"&gt;",
	"#", `\#`, "|", `\|`, "~", `\~`, "&", "&amp;", "$", "&#36;", "!", `\!`)

// listMarker begins a list, a quote or an underlined heading where it begins a paragraph.
var listMarker = regexp.MustCompile(`^(\d*)([-+=.)])`)

// unmentioned keeps GitHub from notifying the owner of a name. What follows a letter, as the digest of an image does,
// is no mention.
func unmentioned(text string) string { return mention.ReplaceAllString(text, "$1@\u200b") }

var mention = regexp.MustCompile(`(^|[^\w@])@`)

// Entities writes text so that neither HTML nor Markdown sees syntax in it.
func Entities(text string) string {
	return markdownSyntax.ReplaceAllStringFunc(html.EscapeString(text), func(char string) string {
		return fmt.Sprintf("&#%d;", char[0])
	})
}

var markdownSyntax = regexp.MustCompile("[\\\\`*_\\[\\]|~$!]")

// Fence shows text as a block to copy, which fences within the text do not end.
func Fence(language, text string) string {
	text = strings.TrimRight(redact.Printable(text), "\n")
	ticks := "```"
	for strings.Contains(text, ticks) {
		ticks += "`"
	}
	return ticks + language + "\n" + text + "\n" + ticks + "\n"
}

// Fold hides a body behind a summary line that opens it. The title is HTML.
func Fold(title, body string) string {
	if body == "" {
		return ""
	}
	return "<details><summary>" + title + "</summary>\n\n" + body + "\n</details>\n"
}

// TableHead begins a table.
func TableHead(titles ...string) string {
	return Row(titles...) + "|" + strings.Repeat(" --- |", len(titles)) + "\n"
}

// Row is a line of a table, of cells that are Markdown already.
func Row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }
