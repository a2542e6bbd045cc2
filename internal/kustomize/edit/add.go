package edit

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"
)

// addition is what is to be added to a field of the kustomization that is a list of mappings, such as images.
type addition struct {
	*plan
	field field
	// entries are the new ones, each the names and values of its fields.
	entries [][][2]string
}

// field is a field of the kustomization; key and value are nil where there is none.
type field struct {
	name       string
	key, value *yaml.Node
	// pattern is the field of an entry whose quotes new entries take.
	pattern string
}

// addEntries adds the entries of images that are missing.
func (p *plan) addEntries() error {
	var entries [][][2]string
	for _, image := range p.added {
		entries = append(entries, addedFields(image))
	}
	return addition{p, field{"images", p.doc.imagesKey, p.doc.images, fieldName}, entries}.add()
}

// add adds the entries, and the field when there is none.
func (a addition) add() error {
	list := a.field.value
	var err error
	switch {
	case list == nil && a.doc.root.Style&yaml.FlowStyle != 0:
		keys := a.doc.root.Content[0].Style
		err = a.insertFlow(a.doc.root, []string{encode(a.field.name, keys) + ": [" +
			strings.Join(a.flowEntries(keys, keys, ""), ", ") + "]"})
	case list == nil:
		a.addField()
	case len(list.Content) > 0 && list.Style&yaml.FlowStyle != 0:
		err = a.extendFlow()
	case len(list.Content) > 0:
		err = a.extendBlock()
	default:
		err = a.fillField()
	}
	if err != nil {
		return a.doc.errorf(a.doc.fieldNode(a.field.key), "%w", err)
	}
	return nil
}

// extendFlow adds to a list in brackets.
func (a addition) extendFlow() error {
	keys, values := a.doc.styles(resolve(a.last()), a.field.pattern)
	return a.insertFlow(a.field.value, a.flowEntries(keys, values, a.padding()))
}

// extendBlock adds to a list of dashes, in the form of its last entry.
func (a addition) extendBlock() error {
	last := a.last()
	layout, ok := a.doc.layout(a.field.value)
	if !ok {
		return errForm
	}
	end, err := a.doc.end(last)
	if err != nil && a.field.pattern != fieldName { // a patch that is a block of text
		end, err = a.doc.listEnd(a.field.key, layout.indent), nil
	}
	if err != nil || !a.doc.restIsBlank(end) {
		return errForm
	}
	keys, values := a.doc.styles(resolve(last), a.field.pattern)
	newline := a.doc.newline(end)
	texts := a.blockEntries(layout, keys, values, newline)
	if last.Style&yaml.FlowStyle != 0 {
		texts = a.flowEntries(keys, values, a.padding())
		for i := range texts {
			texts[i] = layout.dash() + texts[i]
		}
	}
	at := a.doc.belongings(end, layout.indent)
	a.splices.add(at, at, newline+strings.Join(texts, newline))
	return nil
}

// listEnd is the end of the last line of a list in block style, by what follows it: the next field of the
// kustomization, or the end, with the blank lines and comments before it that are no deeper than the dashes.
func (d *document) listEnd(key *yaml.Node, indent int) int {
	next, _ := d.documentEnd()
	if i := slices.Index(d.root.Content, key) + 2; i < len(d.root.Content) {
		next = d.lineAt(d.offset(d.root.Content[i])).start
	}
	for next > 0 {
		above := d.lineAt(next - 1)
		text := d.skipSpaces(above.start)
		blank, comment := text >= above.end, d.at(text, '#') && text-above.start <= indent
		if !blank && !comment {
			return above.end
		}
		next = above.start
	}
	return 0
}

func (a addition) last() *yaml.Node { return a.field.value.Content[len(a.field.value.Content)-1] }

// padding is the space that the last entry keeps within its braces.
func (a addition) padding() string {
	if open := a.doc.value(a.last()); a.doc.at(open, '{') && a.doc.at(open+1, ' ') {
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

func (a addition) flowEntries(keys, values yaml.Style, padding string) []string {
	var texts []string
	for _, fields := range a.entries {
		texts = append(texts, "{"+padding+strings.Join(pairs(fields, keys, values), ", ")+padding+"}")
	}
	return texts
}

func (a addition) blockEntries(l layout, keys, values yaml.Style, newline string) []string {
	var texts []string
	for _, fields := range a.entries {
		separator := newline + spaces(len(l.dash()))
		texts = append(texts, l.dash()+strings.Join(pairs(fields, keys, values), separator))
	}
	return texts
}

func pairs(fields [][2]string, keys, values yaml.Style) []string {
	var pairs []string
	for _, field := range fields {
		pairs = append(pairs, pair(field[0], field[1], keys, values))
	}
	return pairs
}

// addField writes a whole field at the end of the document.
func (a addition) addField() {
	at, _ := a.doc.documentEnd()
	newline := a.doc.newline(at)
	lines := append([]string{spaces(a.doc.root.Column-1) + a.field.name + ":"},
		a.blockEntries(a.doc.otherLayout(), 0, 0, newline)...)
	text := strings.Join(lines, newline)
	if last := a.doc.lineAt(at); last.start < at { // no final line break before, and none after
		a.splices.add(at, at, newline+text)
		return
	}
	a.splices.add(at, at, text+newline)
}

// fillField gives entries to a field that is null or [].
func (a addition) fillField() error {
	key, list := a.field.key, a.field.value
	colon, err := a.doc.afterColon(key)
	if err != nil {
		return err
	}
	end, err := a.doc.pairEnd(key, list)
	if err != nil {
		return err
	}
	isList := list.Kind == yaml.SequenceNode
	inFlow := a.doc.root.Style&yaml.FlowStyle != 0
	if isList && (inFlow || a.doc.lineAt(colon) != a.doc.lineAt(end)) { // brackets with room for a comment
		return a.insertFlow(list, a.flowEntries(key.Style, key.Style, ""))
	}
	if inFlow {
		a.splices.add(colon, end, " ["+strings.Join(a.flowEntries(key.Style, key.Style, ""), ", ")+"]")
		return nil
	}
	if !a.doc.restIsBlank(end) || a.doc.lineAt(colon) != a.doc.lineAt(end) ||
		bytes.ContainsAny(a.doc.content[colon:end], "&!") {
		return errForm
	}
	at := a.doc.lineAt(end).end
	newline := a.doc.newline(at)
	texts := a.blockEntries(a.doc.otherLayout(), 0, 0, newline)
	a.splices.add(colon, end, "")
	a.splices.add(at, at, newline+strings.Join(texts, newline))
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
