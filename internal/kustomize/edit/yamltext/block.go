package yamltext

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// reshapeBlock removes the pair whose key is at index gone (-1: none) from a mapping in block style, and adds
// pairs, each on its own line, after the last pair that stays.
func (d *Document) reshapeBlock(mapping *yaml.Node, gone int, pairs []string) error {
	if gone >= 0 {
		if err := d.removeLine(mapping, gone); err != nil {
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
	at, err := d.pairEnd(mapping.Content[last], mapping.Content[last+1])
	if err != nil || !d.restIsBlank(at) {
		return errForm
	}
	at = d.lineAt(at).end
	separator := d.newline(at) + spaces(mapping.Content[0].Column-1)
	d.splice(at, at, separator+strings.Join(pairs, separator))
	return nil
}

// removeLine removes a pair with its line and the comment that ends it.
func (d *Document) removeLine(mapping *yaml.Node, gone int) error {
	start := d.Offset(mapping.Content[gone])
	end, err := d.pairEnd(mapping.Content[gone], mapping.Content[gone+1])
	if err != nil || !d.restIsBlank(end) {
		return errForm
	}
	first, last := d.lineAt(start), d.lineAt(end)
	switch {
	case !d.startsLine(start):
		d.removeAfterDash(start, last, d.Offset(mapping.Content[gone+2]))
	case last.end == last.next: // the file ends without a line break, and so it will
		d.splice(d.lineAt(first.start-1).end, last.end, "")
	default:
		d.splice(first.start, last.next, "")
	}
	return nil
}

// removeAfterDash lets the next key take the place beside the dash, unless there are comments between.
func (d *Document) removeAfterDash(start int, last line, next int) {
	if d.lineAt(next).start == last.next {
		d.splice(start, next, "")
		return
	}
	for d.at(start-1, ' ') {
		start--
	}
	d.splice(start, last.end, "")
}

func spaces(count int) string { return strings.Repeat(" ", count) }
