package edit

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// reshapeBlock removes the pair whose key is at index gone (-1: none) from a mapping in block style, and adds
// pairs, each on its own line, after the last pair that stays.
func (p *plan) reshapeBlock(mapping *yaml.Node, gone int, pairs []string) error {
	if gone >= 0 {
		if err := p.removeLine(mapping, gone); err != nil {
			return err
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	last := len(mapping.Content) - 2
	if last == gone {
		last -= 2
	}
	at, err := p.doc.pairEnd(mapping.Content[last], mapping.Content[last+1])
	if err != nil || !p.doc.restIsBlank(at) {
		return errForm
	}
	at = p.doc.lineAt(at).end
	separator := p.doc.newline(at) + spaces(mapping.Content[0].Column-1)
	p.splices.add(at, at, separator+strings.Join(pairs, separator))
	return nil
}

// removeLine removes a pair with its line and the comment that ends it.
func (p *plan) removeLine(mapping *yaml.Node, gone int) error {
	start := p.doc.offset(mapping.Content[gone])
	end, err := p.doc.pairEnd(mapping.Content[gone], mapping.Content[gone+1])
	if err != nil || !p.doc.restIsBlank(end) {
		return errForm
	}
	first, last := p.doc.lineAt(start), p.doc.lineAt(end)
	switch {
	case !p.doc.startsLine(start):
		p.removeAfterDash(start, last, p.doc.offset(mapping.Content[gone+2]))
	case last.end == last.next: // the file ends without a line break, and so it will
		p.splices.add(p.doc.lineAt(first.start-1).end, last.end, "")
	default:
		p.splices.add(first.start, last.next, "")
	}
	return nil
}

// removeAfterDash lets the next key take the place beside the dash, unless there are comments between.
func (p *plan) removeAfterDash(start int, last line, next int) {
	if p.doc.lineAt(next).start == last.next {
		p.splices.add(start, next, "")
		return
	}
	for p.doc.at(start-1, ' ') {
		start--
	}
	p.splices.add(start, last.end, "")
}

func spaces(count int) string { return strings.Repeat(" ", count) }
