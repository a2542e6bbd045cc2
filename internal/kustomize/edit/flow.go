package edit

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// reshapeFlow removes the pair whose key is at index gone (-1: none) from a mapping in flow style, and adds
// pairs. The first one added takes the place of the one removed, which leaves the commas as they are.
func (p *plan) reshapeFlow(mapping *yaml.Node, gone int, pairs []string) error {
	switch {
	case gone < 0:
		return p.insertFlow(mapping, pairs)
	case len(pairs) == 0:
		return p.removeFlow(mapping, gone)
	}
	end, err := p.doc.pairEnd(mapping.Content[gone], mapping.Content[gone+1])
	p.splices.add(p.doc.offset(mapping.Content[gone]), end, strings.Join(pairs, ", "))
	return err
}

// insertFlow adds items after the last one in brackets, each on its own line where the items are written so.
func (p *plan) insertFlow(parent *yaml.Node, items []string) error {
	if len(items) == 0 {
		return nil
	}
	if len(parent.Content) == 0 {
		at := p.doc.value(parent) + 1
		p.splices.add(at, at, strings.Join(items, ", "))
		return nil
	}
	end, err := p.doc.itemEnd(parent, len(parent.Content)-1)
	if err != nil {
		return err
	}
	start := p.doc.offset(parent.Content[len(parent.Content)-step(parent)])
	if !p.doc.startsLine(start) {
		p.splices.add(end, end, ", "+strings.Join(items, ", "))
		return nil
	}
	indent := p.doc.newline(start) + string(p.doc.content[p.doc.lineAt(start).start:start])
	p.insertLines(end, indent, items)
	return nil
}

// insertLines adds lines after the item that ends at end, behind its comma and comment.
func (p *plan) insertLines(end int, indent string, items []string) {
	comma := p.doc.skipBlank(end)
	switch {
	case p.doc.at(comma, ',') && p.doc.restIsBlank(comma+1):
		at := p.doc.lineAt(comma).end
		p.splices.add(at, at, indent+strings.Join(items, ","+indent)+",")
	case !p.doc.at(comma, ',') && p.doc.restIsBlank(end):
		at := p.doc.lineAt(end).end
		p.splices.add(end, end, ",")
		p.splices.add(at, at, indent+strings.Join(items, ","+indent))
	default:
		p.splices.add(end, end, ","+indent+strings.Join(items, ","+indent))
	}
}

// removeFlow removes a pair, or an item of a list, with one of the commas beside it, and its line where it has one to
// itself.
func (p *plan) removeFlow(parent *yaml.Node, gone int) error {
	start := p.doc.offset(parent.Content[gone])
	end, err := p.doc.itemEnd(parent, gone+step(parent)-1)
	if err != nil {
		return err
	}
	comma := p.doc.skipBlank(end)
	hasComma := p.doc.at(comma, ',')
	if !hasComma {
		if err := p.removeCommaBefore(parent, gone); err != nil {
			return err
		}
	} else {
		end = comma + 1
	}
	if p.doc.startsLine(start) && p.doc.restIsBlank(end) {
		p.splices.add(p.doc.lineAt(start).start, p.doc.lineAt(end).next, "")
		return nil
	}
	if hasComma {
		end = p.doc.skipSpaces(end)
	}
	for !hasComma && p.doc.at(start-1, ' ') && !p.doc.startsLine(start) {
		start--
	}
	p.splices.add(start, end, "")
	return nil
}

// removeCommaBefore removes the comma that the last item no longer needs before it. JSON allows none there.
func (p *plan) removeCommaBefore(parent *yaml.Node, gone int) error {
	if gone == 0 {
		return nil
	}
	end, err := p.doc.itemEnd(parent, gone-1)
	if err != nil {
		return err
	}
	if comma := p.doc.skipBlank(end); p.doc.at(comma, ',') {
		p.splices.add(comma, comma+1, "")
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
