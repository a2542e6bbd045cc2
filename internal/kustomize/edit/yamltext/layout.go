package yamltext

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// layout is how a list in block style is set: the spaces before its dashes and those after.
type layout struct{ indent, gap int }

// dash is the text before an entry's first key.
func (l layout) dash() string { return spaces(l.indent) + "-" + spaces(l.gap) }

// layoutOf reads the layout of a list from its last entry.
func (d *Document) layoutOf(list *yaml.Node) (layout, bool) {
	if list.Kind != yaml.SequenceNode || list.Style&yaml.FlowStyle != 0 || len(list.Content) == 0 {
		return layout{}, false
	}
	item := d.Offset(list.Content[len(list.Content)-1])
	start := d.lineAt(item).start
	dash := d.skipSpaces(start)
	if !d.at(dash, '-') || dash >= item {
		return layout{}, false // the dash is alone on a line above
	}
	return layout{indent: dash - start, gap: max(1, d.skipSpaces(dash+1)-dash-1)}, true
}

// otherLayout guesses the layout of a new list from the other lists of the file. Without one, the dashes are below
// the key, as `kustomize edit` writes them.
func (d *Document) otherLayout() layout {
	for i := 1; i < len(d.Root.Content); i += 2 {
		if found, ok := d.layoutOf(d.Root.Content[i]); ok {
			return found
		}
	}
	return layout{indent: d.Root.Column - 1, gap: 1}
}

// listEnd is the end of the last line of a list in block style, by what follows it: the next field of the
// kustomization, or the end, with the blank lines and comments before it that are no deeper than the dashes.
func (d *Document) listEnd(key *yaml.Node, indent int) int {
	next, _ := d.DocumentEnd()
	if i := slices.Index(d.Root.Content, key) + 2; i < len(d.Root.Content) {
		next = d.lineAt(d.Offset(d.Root.Content[i])).start
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
