package yamltext

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// List is a field of the kustomization that is a list of mappings, such as images; key and value are nil where there is
// none.
type List struct {
	Name       string
	Key, Value *yaml.Node
	// Pattern is the field of an entry whose quotes new entries take.
	Pattern string
	// MayEndInText is set where the last entry may end in a block of text, as a patch does.
	MayEndInText bool
}

// addition is what is to be added to a list.
type addition struct {
	*Document
	list List
	// entries are the new ones, each the names and values of its fields.
	entries [][][2]string
}

// Extend adds entries, each the names and values of its fields, to a list, and the field when there is none.
func (d *Document) Extend(l List, entries [][][2]string) error { return addition{d, l, entries}.add() }

func (a addition) add() error {
	list := a.list.Value
	var err error
	switch {
	case list == nil && a.Root.Style&yaml.FlowStyle != 0:
		keys := a.Root.Content[0].Style
		err = a.insertFlow(a.Root, []string{encode(a.list.Name, keys) + ": [" +
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
		return a.Errorf(a.FieldNode(a.list.Key), "%w", err)
	}
	return nil
}

// extendFlow adds to a list in brackets.
func (a addition) extendFlow() error {
	keys, values := a.Styles(Resolve(a.last()), a.list.Pattern)
	return a.insertFlow(a.list.Value, a.flowEntries(keys, values, a.padding()))
}

// extendBlock adds to a list of dashes, in the form of its last entry.
func (a addition) extendBlock() error {
	last := a.last()
	layout, ok := a.layoutOf(a.list.Value)
	if !ok {
		return errForm
	}
	end, err := a.end(last)
	if err != nil && a.list.MayEndInText {
		end, err = a.listEnd(a.list.Key, layout.indent), nil
	}
	if err != nil || !a.restIsBlank(end) {
		return errForm
	}
	keys, values := a.Styles(Resolve(last), a.list.Pattern)
	newline := a.newline(end)
	texts := a.blockEntries(layout, keys, values, newline)
	if last.Style&yaml.FlowStyle != 0 {
		texts = a.flowEntries(keys, values, a.padding())
		for i := range texts {
			texts[i] = layout.dash() + texts[i]
		}
	}
	at := a.belongings(end, layout.indent)
	a.splice(at, at, newline+strings.Join(texts, newline))
	return nil
}

func (a addition) last() *yaml.Node { return a.list.Value.Content[len(a.list.Value.Content)-1] }

// padding is the space that the last entry keeps within its braces.
func (a addition) padding() string {
	if open := a.value(a.last()); a.at(open, '{') && a.at(open+1, ' ') {
		return " "
	}
	return ""
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
		pairs = append(pairs, Pair(field[0], field[1], keys, values))
	}
	return pairs
}

// addField writes a whole field at the end of the document.
func (a addition) addField() {
	at, _ := a.DocumentEnd()
	newline := a.newline(at)
	lines := append([]string{spaces(a.Root.Column-1) + a.list.Name + ":"},
		a.blockEntries(a.otherLayout(), 0, 0, newline)...)
	text := strings.Join(lines, newline)
	if last := a.lineAt(at); last.start < at { // no final line break before, and none after
		a.splice(at, at, newline+text)
		return
	}
	a.splice(at, at, text+newline)
}

// fillField gives entries to a field that is null or [].
func (a addition) fillField() error {
	key, list := a.list.Key, a.list.Value
	colon, err := a.afterColon(key)
	if err != nil {
		return err
	}
	end, err := a.pairEnd(key, list)
	if err != nil {
		return err
	}
	isList := list.Kind == yaml.SequenceNode
	inFlow := a.Root.Style&yaml.FlowStyle != 0
	if isList && (inFlow || a.lineAt(colon) != a.lineAt(end)) { // brackets with room for a comment
		return a.insertFlow(list, a.flowEntries(key.Style, key.Style, ""))
	}
	if inFlow {
		a.splice(colon, end, " ["+strings.Join(a.flowEntries(key.Style, key.Style, ""), ", ")+"]")
		return nil
	}
	if !a.restIsBlank(end) || a.lineAt(colon) != a.lineAt(end) ||
		bytes.ContainsAny(a.Content[colon:end], "&!") {
		return errForm
	}
	at := a.lineAt(end).end
	newline := a.newline(at)
	texts := a.blockEntries(a.otherLayout(), 0, 0, newline)
	a.splice(colon, end, "")
	a.splice(at, at, newline+strings.Join(texts, newline))
	return nil
}
