package kustomize

import "go.yaml.in/yaml/v3"

// layout is how a list in block style is set: the spaces before its dashes and those after.
type layout struct{ indent, gap int }

// dash is what stands before an entry's first key.
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
		return layout{}, false // the dash stands alone on a line above
	}
	return layout{indent: dash - start, gap: max(1, d.skipSpaces(dash+1)-dash-1)}, true
}

// otherLayout guesses the layout of a new list from the other lists of the file. Without one, the dashes stand below
// the key, as `kustomize edit` writes them.
func (d *document) otherLayout() layout {
	for i := 1; i < len(d.root.Content); i += 2 {
		if found, ok := d.layout(d.root.Content[i]); ok {
			return found
		}
	}
	return layout{indent: d.root.Column - 1, gap: 1}
}
