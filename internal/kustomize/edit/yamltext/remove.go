package yamltext

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// Remove removes the entry of a list at an index, or the field where it is the only one.
func (d *Document) Remove(l List, index int) error {
	if len(l.Value.Content) == 1 {
		at := slices.Index(d.Root.Content, l.Key)
		switch {
		case d.Root.Style&yaml.FlowStyle != 0:
			return d.removeFlow(d.Root, at)
		case d.startsLine(d.Offset(l.Key)):
			return d.removeLine(d.Root, at)
		}
		return errForm
	}
	if l.Value.Style&yaml.FlowStyle != 0 {
		return d.removeFlow(l.Value, index)
	}
	return d.removeItem(l.Value.Content[index])
}

// removeItem removes an item of a list of dashes with its lines.
func (d *Document) removeItem(item *yaml.Node) error {
	start := d.Offset(item)
	first := d.lineAt(start)
	end, err := d.end(item)
	if err != nil || !d.restIsBlank(end) || !d.at(d.skipSpaces(first.start), '-') {
		return errForm
	}
	last := d.lineAt(end)
	if last.end == last.next && first.start > 0 { // the file ends without a line break, and so it will
		d.splice(d.lineAt(first.start-1).end, last.end, "")
	} else {
		d.splice(first.start, last.next, "")
	}
	return nil
}
