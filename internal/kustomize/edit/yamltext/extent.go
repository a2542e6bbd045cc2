package yamltext

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// value returns where a node's own text begins, after its anchor and tag.
func (t text) value(node *yaml.Node) int {
	pos := t.Offset(node)
	for t.at(pos, '&') || t.at(pos, '!') {
		for pos < len(t.Content) && !bytes.ContainsAny(t.Content[pos:pos+1], " \t\r\n,]}") {
			pos++
		}
		if next := t.skipSpaces(pos); !t.restIsBlank(next) {
			pos = next
		}
	}
	return pos
}

// end returns where a node's text ends.
func (t text) end(node *yaml.Node) (int, error) {
	switch {
	case node.Kind == yaml.AliasNode:
		return t.Offset(node) + len("*") + len(node.Value), nil
	case node.Kind == yaml.ScalarNode:
		return t.scalarEnd(node)
	case node.Style&yaml.FlowStyle != 0:
		return t.flowEnd(node)
	case node.Kind == yaml.MappingNode:
		last := len(node.Content) - 2
		return t.pairEnd(node.Content[last], node.Content[last+1])
	default:
		return t.end(node.Content[len(node.Content)-1])
	}
}

func (t text) scalarEnd(node *yaml.Node) (int, error) {
	start := t.value(node)
	switch {
	case node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return 0, errForm
	case node.Style&yaml.DoubleQuotedStyle != 0:
		return t.quoteEnd(start, '"')
	case node.Style&yaml.SingleQuotedStyle != 0:
		return t.quoteEnd(start, '\'')
	case !bytes.HasPrefix(t.Content[start:], []byte(node.Value)):
		return 0, errForm // a plain value over several lines
	}
	return start + len(node.Value), nil
}

// quoteEnd finds the closing quote: in single quotes two in a row are one within, in double ones a backslash escapes.
func (t text) quoteEnd(start int, quote byte) (int, error) {
	if !t.at(start, quote) {
		return 0, errForm
	}
	for pos := start + 1; pos < len(t.Content); pos++ {
		switch {
		case quote == '"' && t.at(pos, '\\'), quote == '\'' && t.at(pos, quote) && t.at(pos+1, quote):
			pos++
		case t.at(pos, quote):
			return pos + 1, nil
		}
	}
	return 0, errForm
}

// pairEnd returns where a pair of a mapping ends. A value left out has no text, so its pair ends with the colon.
func (t text) pairEnd(key, value *yaml.Node) (int, error) {
	if isLeftOut(value) {
		return t.afterColon(key)
	}
	return t.end(value)
}

// isLeftOut reports whether a value has no text, as in "key:", unlike "key: null" and "key: &anchor".
func isLeftOut(value *yaml.Node) bool {
	return value.Kind == yaml.ScalarNode && value.Value == "" && value.Anchor == "" &&
		value.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.TaggedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
}

func (t text) afterColon(key *yaml.Node) (int, error) {
	end, err := t.end(key)
	if err != nil {
		return 0, err
	}
	if end = t.skipSpaces(end); !t.at(end, ':') {
		return 0, errForm // "? key" on a line of its own, or a key without a colon in flow style
	}
	return end + 1, nil
}

// flowEnd finds the closing bracket after the last child and an optional comma.
func (t text) flowEnd(node *yaml.Node) (int, error) {
	pos, open, closing := t.value(node), byte('{'), byte('}')
	if node.Kind == yaml.SequenceNode {
		open, closing = '[', ']'
	}
	if !t.at(pos, open) {
		return 0, errForm // the pair in "[key: value]" is a mapping without brackets
	}
	pos++
	if count := len(node.Content); count > 0 {
		var err error
		if pos, err = t.itemEnd(node, count-1); err != nil {
			return 0, err
		}
	}
	if pos = t.skipBlank(pos); t.at(pos, ',') {
		pos = t.skipBlank(pos + 1)
	}
	if !t.at(pos, closing) {
		return 0, errForm
	}
	return pos + 1, nil
}

// itemEnd returns where the child at index ends; in a mapping that is a value, and its whole pair counts.
func (t text) itemEnd(parent *yaml.Node, index int) (int, error) {
	if parent.Kind == yaml.MappingNode {
		return t.pairEnd(parent.Content[index-1], parent.Content[index])
	}
	return t.end(parent.Content[index])
}
