package yamltext

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Reshape removes the pair whose key is at index gone (-1: none) from a mapping, and adds pairs.
func (d *Document) Reshape(mapping *yaml.Node, gone int, pairs []string) error {
	if mapping.Style&yaml.FlowStyle != 0 {
		return d.reshapeFlow(mapping, gone, pairs)
	}
	return d.reshapeBlock(mapping, gone, pairs)
}

// reshapeFlow removes the pair whose key is at index gone (-1: none) from a mapping in flow style, and adds
// pairs. The first one added takes the place of the one removed, which leaves the commas as they are.
func (d *Document) reshapeFlow(mapping *yaml.Node, gone int, pairs []string) error {
	switch {
	case gone < 0:
		return d.insertFlow(mapping, pairs)
	case len(pairs) == 0:
		return d.removeFlow(mapping, gone)
	}
	end, err := d.pairEnd(mapping.Content[gone], mapping.Content[gone+1])
	d.splice(d.Offset(mapping.Content[gone]), end, strings.Join(pairs, ", "))
	return err
}

// insertFlow adds items after the last one in brackets, each on its own line where the items are written so.
func (d *Document) insertFlow(parent *yaml.Node, items []string) error {
	if len(items) == 0 {
		return nil
	}
	if len(parent.Content) == 0 {
		at := d.value(parent) + 1
		d.splice(at, at, strings.Join(items, ", "))
		return nil
	}
	end, err := d.itemEnd(parent, len(parent.Content)-1)
	if err != nil {
		return err
	}
	start := d.Offset(parent.Content[len(parent.Content)-step(parent)])
	if !d.startsLine(start) {
		d.splice(end, end, ", "+strings.Join(items, ", "))
		return nil
	}
	indent := d.newline(start) + string(d.Content[d.lineAt(start).start:start])
	d.insertLines(end, indent, items)
	return nil
}

// insertLines adds lines after the item that ends at end, behind its comma and comment.
func (d *Document) insertLines(end int, indent string, items []string) {
	comma := d.skipBlank(end)
	switch {
	case d.at(comma, ',') && d.restIsBlank(comma+1):
		at := d.lineAt(comma).end
		d.splice(at, at, indent+strings.Join(items, ","+indent)+",")
	case !d.at(comma, ',') && d.restIsBlank(end):
		at := d.lineAt(end).end
		d.splice(end, end, ",")
		d.splice(at, at, indent+strings.Join(items, ","+indent))
	default:
		d.splice(end, end, ","+indent+strings.Join(items, ","+indent))
	}
}

// removeFlow removes a pair, or an item of a list, with one of the commas beside it, and its line where it has one to
// itself.
func (d *Document) removeFlow(parent *yaml.Node, gone int) error {
	start := d.Offset(parent.Content[gone])
	end, err := d.itemEnd(parent, gone+step(parent)-1)
	if err != nil {
		return err
	}
	comma := d.skipBlank(end)
	hasComma := d.at(comma, ',')
	if !hasComma {
		if err := d.removeCommaBefore(parent, gone); err != nil {
			return err
		}
	} else {
		end = comma + 1
	}
	if d.startsLine(start) && d.restIsBlank(end) {
		d.splice(d.lineAt(start).start, d.lineAt(end).next, "")
		return nil
	}
	if hasComma {
		end = d.skipSpaces(end)
	}
	for !hasComma && d.at(start-1, ' ') && !d.startsLine(start) {
		start--
	}
	d.splice(start, end, "")
	return nil
}

// removeCommaBefore removes the comma that the last item no longer needs before it. JSON allows none there.
func (d *Document) removeCommaBefore(parent *yaml.Node, gone int) error {
	if gone == 0 {
		return nil
	}
	end, err := d.itemEnd(parent, gone-1)
	if err != nil {
		return err
	}
	if comma := d.skipBlank(end); d.at(comma, ',') {
		d.splice(comma, comma+1, "")
	}
	return nil
}

// step is how many nodes make one item: a pair has two.
func step(parent *yaml.Node) int {
	if parent.Kind == yaml.MappingNode {
		return 2
	}
	return 1
}
