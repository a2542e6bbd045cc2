package kustomize

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// addEntries adds the entries that are missing, and the images field when there is none.
func (p *plan) addEntries() error {
	images := p.doc.images
	var err error
	switch {
	case images == nil && p.doc.root.Style&yaml.FlowStyle != 0:
		keys := p.doc.root.Content[0].Style
		err = p.insertFlow(p.doc.root, []string{encode("images", keys) + ": [" + strings.Join(p.flowEntries(keys, keys, ""), ", ") + "]"})
	case images == nil:
		p.addField()
	case len(images.Content) > 0 && images.Style&yaml.FlowStyle != 0:
		err = p.extendFlow()
	case len(images.Content) > 0:
		err = p.extendBlock()
	default:
		err = p.fillField()
	}
	if err != nil {
		return p.doc.errorf(p.doc.imagesNode(), "%w", err)
	}
	return nil
}

// extendFlow adds to a list in brackets.
func (p *plan) extendFlow() error {
	keys, values := p.doc.styles(resolve(p.last()))
	return p.insertFlow(p.doc.images, p.flowEntries(keys, values, p.padding()))
}

// extendBlock adds to a list of dashes, in the form of its last entry.
func (p *plan) extendBlock() error {
	last := p.last()
	end, err := p.doc.end(last)
	if err != nil || !p.doc.restIsBlank(end) {
		return errForm
	}
	layout, ok := p.doc.layout(p.doc.images)
	if !ok {
		return errForm
	}
	keys, values := p.doc.styles(resolve(last))
	texts := p.blockEntries(layout, keys, values)
	if last.Style&yaml.FlowStyle != 0 {
		texts = p.flowEntries(keys, values, p.padding())
		for i := range texts {
			texts[i] = layout.dash() + texts[i]
		}
	}
	at := p.doc.belongings(end, layout.indent)
	p.splices.add(at, at, p.doc.newline()+strings.Join(texts, p.doc.newline()))
	return nil
}

func (p *plan) last() *yaml.Node { return p.doc.images.Content[len(p.doc.images.Content)-1] }

// padding is the space that the last entry keeps within its braces.
func (p *plan) padding() string {
	if open := p.doc.value(p.last()); p.doc.at(open, '{') && p.doc.at(open+1, ' ') {
		return " "
	}
	return ""
}

// belongings returns the end of the line at pos, or of the comments below it that stand deeper than the list's
// dashes: those belong to the entry, such as a field commented out.
func (t text) belongings(pos, indent int) int {
	here := t.lineAt(pos)
	for here.end < here.next {
		next := t.lineAt(here.next)
		text := t.skipSpaces(next.start)
		if !t.at(text, '#') || text-next.start <= indent {
			break
		}
		here = next
	}
	return here.end
}
