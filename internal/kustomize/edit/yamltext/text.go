package yamltext

import (
	"bytes"
	"errors"
	"sort"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// errForm is why a node's place in the text cannot be told: the parser gives where a node begins, never where it ends.
var errForm = errors.New("this value is written in a form that cannot be edited in place; write it on one line")

// text finds the bytes of parsed nodes.
type text struct {
	Content []byte
	lines   []line
}

// line is the range of one line: content[start:end] without its break, the next line beginning at next.
type line struct{ start, end, next int }

// newText splits content at the breaks that YAML 1.1 knows (and the parser counts): CR, LF, CRLF, NEL, LS and PS.
func newText(content []byte) text {
	t := text{Content: content}
	start := len(content) - len(bytes.TrimPrefix(content, []byte("\ufeff")))
	for pos := start; pos < len(content); {
		r, size := utf8.DecodeRune(content[pos:])
		if r == '\r' && bytes.HasPrefix(content[pos+1:], []byte("\n")) {
			size = 2
		}
		if isBreak(r) {
			t.lines = append(t.lines, line{start, pos, pos + size})
			start = pos + size
		}
		pos += size
	}
	t.lines = append(t.lines, line{start, len(content), len(content)})
	return t
}

func isBreak(r rune) bool {
	return r == '\n' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// Offset is where the node begins, its anchor and tag included. Columns count characters, from 1.
func (t text) Offset(node *yaml.Node) int {
	if node.Line > len(t.lines) {
		return len(t.Content)
	}
	pos := t.lines[node.Line-1].start
	for range node.Column - 1 {
		_, size := utf8.DecodeRune(t.Content[pos:])
		pos += size
	}
	return pos
}

// lineAt returns the line at a position.
func (t text) lineAt(pos int) line { return t.lines[t.indexAt(pos)] }

func (t text) indexAt(pos int) int {
	return sort.Search(len(t.lines)-1, func(i int) bool { return t.lines[i].next > pos })
}

// newline is the line break for a line that is added at a position: that of the line there or, at the end of a file
// without one, of the nearest line above. Breaks that YAML 1.1 alone knows are in texts and comments only.
func (t text) newline(pos int) string {
	for i := t.indexAt(pos); i >= 0; i-- {
		switch found := string(t.Content[t.lines[i].end:t.lines[i].next]); found {
		case "\n", "\r\n", "\r":
			return found
		}
	}
	return "\n"
}

// DocumentEnd is where the marker "..." begins, or the end of the content.
func (t text) DocumentEnd() (pos int, isMarked bool) {
	for _, l := range t.lines {
		if rest, found := bytes.CutPrefix(t.Content[l.start:l.end], []byte("...")); found &&
			(len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t') {
			return l.start, true
		}
	}
	return len(t.Content), false
}

func (t text) at(pos int, b byte) bool { return pos < len(t.Content) && t.Content[pos] == b }

// skipSpaces passes spaces and tabs.
func (t text) skipSpaces(pos int) int {
	for t.at(pos, ' ') || t.at(pos, '\t') {
		pos++
	}
	return pos
}

// skipBlank passes spaces, line breaks and comments.
func (t text) skipBlank(pos int) int {
	for {
		pos = t.skipSpaces(pos)
		here := t.lineAt(pos)
		if inText, last := pos < here.end && !t.at(pos, '#'), here.end == here.next; inText || last {
			return pos
		}
		pos = here.next
	}
}

// restIsBlank reports whether nothing but spaces and a comment follow on the line.
func (t text) restIsBlank(pos int) bool {
	pos = t.skipSpaces(pos)
	return t.at(pos, '#') || pos >= t.lineAt(pos).end
}

// startsLine reports whether only spaces precede on the line.
func (t text) startsLine(pos int) bool {
	return len(bytes.TrimSpace(t.Content[t.lineAt(pos).start:pos])) == 0
}
