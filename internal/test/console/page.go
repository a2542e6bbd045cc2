// Package console runs the console sessions that Markdown pages show, and compares what the commands print with what
// the pages say, so that no page shows an output that nobody saw.
//
// A session is a fenced block of the language console, as GitHub highlights it. Lines that start with "$ " are typed,
// with the lines that belong to them (after a backslash, or up to the end of a here-document); the lines below are what
// is printed. A line of "…" alone stands for lines that are left out. The word after the language names a terminal of
// its own, for a command that goes on running: "```console cluster".
package console

import "strings"

// Page is a Markdown text, cut at the commands of its console blocks.
type Page struct {
	parts []part
}

// part is a piece of a page: a command with what it prints, or the text between two of them.
type part struct {
	text string
	step *Step
}

// Step is a command and what it prints.
type Step struct {
	// Line is where the command is in the page, counted from 1.
	Line int
	// Terminal is the name of the terminal in which the command is typed; "" is the first.
	Terminal string
	// Command may have several lines.
	Command string
	// Output is what the page says that the command prints, with the newline at its end.
	Output string
}

const (
	fence  = "```"
	prompt = "$ "
)

// Parse cuts a page at its commands.
func Parse(text string) *Page {
	page := &Page{}
	reader := &lines{all: strings.SplitAfter(text, "\n")}
	for reader.more() {
		line := reader.next()
		page.text(line)
		if language, isFence := strings.CutPrefix(line, fence); isFence {
			page.block(reader, strings.TrimSpace(language))
		}
	}
	return page
}

// Steps returns the page's commands in their order.
func (p *Page) Steps() []*Step {
	var steps []*Step
	for _, part := range p.parts {
		if part.step != nil {
			steps = append(steps, part.step)
		}
	}
	return steps
}

// String returns the page's text with the outputs that its steps have now.
func (p *Page) String() string {
	var text strings.Builder
	for _, part := range p.parts {
		text.WriteString(part.text)
		if part.step != nil {
			text.WriteString(prompt + part.step.Command + "\n" + part.step.Output)
		}
	}
	return text.String()
}

func (p *Page) text(line string) { p.parts = append(p.parts, part{text: line}) }

// block reads a fenced block to its end; one that is no session stays text.
func (p *Page) block(reader *lines, info string) {
	language, terminal, _ := strings.Cut(info, " ")
	for reader.more() {
		line := reader.next()
		command, typed := strings.CutPrefix(line, prompt)
		switch {
		case strings.HasPrefix(line, fence):
			p.text(line)
			return
		case language != "console" || !typed:
			p.text(line)
		default:
			p.parts = append(p.parts, part{step: &Step{
				Line: reader.at, Terminal: terminal, Command: reader.command(command), Output: reader.output(),
			}})
		}
	}
}
