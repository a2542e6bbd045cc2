package edit

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"
)

// addEntries adds the entries that are missing, and the images field when there is none.
func (p *plan) addEntries() error {
	images := p.doc.images
	var err error
	switch {
	case images == nil && p.doc.root.Style&yaml.FlowStyle != 0:
		keys := p.doc.root.Content[0].Style
		err = p.insertFlow(p.doc.root, []string{encode("images", keys) + ": [" +
			strings.Join(p.flowEntries(keys, keys, ""), ", ") + "]"})
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
	newline := p.doc.newline(end)
	texts := p.blockEntries(layout, keys, values, newline)
	if last.Style&yaml.FlowStyle != 0 {
		texts = p.flowEntries(keys, values, p.padding())
		for i := range texts {
			texts[i] = layout.dash() + texts[i]
		}
	}
	at := p.doc.belongings(end, layout.indent)
	p.splices.add(at, at, newline+strings.Join(texts, newline))
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

// belongings returns the end of the line at pos, or of the comments below it that are indented deeper than the list's
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

// addedFields are the fields of a new entry. A newName that is the name would say nothing.
func addedFields(image types.Image) [][2]string {
	fields := [][2]string{{fieldName, image.Name}}
	if repository(image) != image.Name {
		fields = append(fields, [2]string{fieldNewName, image.NewName})
	}
	for _, field := range [][2]string{{fieldNewTag, image.NewTag}, {fieldDigest, image.Digest}} {
		if field[1] != "" {
			fields = append(fields, field)
		}
	}
	return fields
}

func (p *plan) flowEntries(keys, values yaml.Style, padding string) []string {
	var entries []string
	for _, image := range p.added {
		entries = append(entries, "{"+padding+strings.Join(pairs(image, keys, values), ", ")+padding+"}")
	}
	return entries
}

func (p *plan) blockEntries(l layout, keys, values yaml.Style, newline string) []string {
	var entries []string
	for _, image := range p.added {
		separator := newline + spaces(len(l.dash()))
		entries = append(entries, l.dash()+strings.Join(pairs(image, keys, values), separator))
	}
	return entries
}

func pairs(image types.Image, keys, values yaml.Style) []string {
	var pairs []string
	for _, field := range addedFields(image) {
		pairs = append(pairs, pair(field[0], field[1], keys, values))
	}
	return pairs
}

// addField writes a whole images field at the end of the document.
func (p *plan) addField() {
	at, _ := p.doc.documentEnd()
	newline := p.doc.newline(at)
	lines := append([]string{spaces(p.doc.root.Column-1) + "images:"},
		p.blockEntries(p.doc.otherLayout(), 0, 0, newline)...)
	text := strings.Join(lines, newline)
	if last := p.doc.lineAt(at); last.start < at { // no final line break before, and none after
		p.splices.add(at, at, newline+text)
		return
	}
	p.splices.add(at, at, text+newline)
}

// fillField gives entries to an images field that is null or [].
func (p *plan) fillField() error {
	colon, err := p.doc.afterColon(p.doc.imagesKey)
	if err != nil {
		return err
	}
	end, err := p.doc.pairEnd(p.doc.imagesKey, p.doc.images)
	if err != nil {
		return err
	}
	isList := p.doc.images.Kind == yaml.SequenceNode
	inFlow := p.doc.root.Style&yaml.FlowStyle != 0
	if isList && (inFlow || p.doc.lineAt(colon) != p.doc.lineAt(end)) { // brackets with room for a comment
		keys := p.doc.imagesKey.Style
		return p.insertFlow(p.doc.images, p.flowEntries(keys, keys, ""))
	}
	if inFlow {
		keys := p.doc.imagesKey.Style
		p.splices.add(colon, end, " ["+strings.Join(p.flowEntries(keys, keys, ""), ", ")+"]")
		return nil
	}
	if !p.doc.restIsBlank(end) || p.doc.lineAt(colon) != p.doc.lineAt(end) ||
		bytes.ContainsAny(p.doc.content[colon:end], "&!") {
		return errForm
	}
	at := p.doc.lineAt(end).end
	newline := p.doc.newline(at)
	texts := p.blockEntries(p.doc.otherLayout(), 0, 0, newline)
	p.splices.add(colon, end, "")
	p.splices.add(at, at, newline+strings.Join(texts, newline))
	return nil
}

// layout is how a list in block style is set: the spaces before its dashes and those after.
type layout struct{ indent, gap int }

// dash is the text before an entry's first key.
func (l layout) dash() string { return spaces(l.indent) + "-" + spaces(l.gap) }

// layout reads the layout of a list from its last entry.
func (d *document) layout(list *yaml.Node) (layout, bool) {
	if list.Kind != yaml.SequenceNode || list.Style&yaml.FlowStyle != 0 || len(list.Content) == 0 {
		return layout{}, false
	}
	item := d.offset(list.Content[len(list.Content)-1])
	start := d.lineAt(item).start
	dash := d.skipSpaces(start)
	if !d.at(dash, '-') || dash >= item {
		return layout{}, false // the dash is alone on a line above
	}
	return layout{indent: dash - start, gap: max(1, d.skipSpaces(dash+1)-dash-1)}, true
}

// otherLayout guesses the layout of a new list from the other lists of the file. Without one, the dashes are below
// the key, as `kustomize edit` writes them.
func (d *document) otherLayout() layout {
	for i := 1; i < len(d.root.Content); i += 2 {
		if found, ok := d.layout(d.root.Content[i]); ok {
			return found
		}
	}
	return layout{indent: d.root.Column - 1, gap: 1}
}
