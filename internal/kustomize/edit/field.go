package edit

import (
	"slices"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"
)

// fieldEdit is one field of an entry that has to change.
type fieldEdit struct {
	name string
	want string // "" when the field must say nothing
	own  *yaml.Node
	// goes reports that the field is removed; one that a merge key would bring back is set to "" instead.
	goes bool
}

// diff returns the fields of an entry that do not yet say what the image says.
func (d *document) diff(e *entry, image types.Image) ([]fieldEdit, error) {
	mapping := resolve(e.item)
	var edits []fieldEdit
	for _, f := range []struct{ name, have, want string }{
		{fieldNewName, repository(e.image), repository(image)},
		{fieldNewTag, e.image.NewTag, image.NewTag},
		{fieldDigest, e.image.Digest, image.Digest},
	} {
		_, own, err := d.field(mapping, f.name)
		if err != nil {
			return nil, err
		}
		value, err := d.lookup(mapping, f.name)
		if err != nil {
			return nil, err
		}
		if f.have == f.want && isString(value) {
			continue
		}
		inherited, err := d.merged(mapping, f.name)
		if err != nil {
			return nil, err
		}
		goes := f.want == "" && own != nil && inherited == nil
		edits = append(edits, fieldEdit{name: f.name, want: f.want, own: own, goes: goes})
	}
	return edits, nil
}

// isString reports whether kustomize would read the value as the string it looks like. One that is missing or null
// is no string either, but reads as "" just the same.
func isString(value *yaml.Node) bool {
	switch {
	case value == nil || value.ShortTag() == "!!null":
		return true
	case value.Style&^yaml.FlowStyle == 0:
		return isPlainString(value.Value)
	default:
		return value.ShortTag() == "!!str"
	}
}

// editEntry splices the fields of one entry.
func (p *plan) editEntry(c entryEdit) error {
	var texts []string
	gone := -1
	keys, values := p.doc.styles(c.entry.node, fieldName)
	for _, f := range c.fields {
		switch {
		case f.own == nil:
			texts = append(texts, pair(f.name, f.want, keys, values))
		case f.goes:
			gone = slices.Index(c.entry.node.Content, f.own) - 1
		default:
			if err := p.replace(c.entry.node, f, values); err != nil {
				return p.doc.errorf(f.own, "%w", err)
			}
		}
	}
	reshape := p.reshapeBlock
	if c.entry.node.Style&yaml.FlowStyle != 0 {
		reshape = p.reshapeFlow
	}
	if err := reshape(c.entry.node, gone, texts); err != nil {
		return p.doc.errorf(c.entry.node, "%w", err)
	}
	return nil
}

// replace splices another text over a value, in the value's own quotes. An alias, or a value left out, has none and
// takes those of the entry.
func (p *plan) replace(mapping *yaml.Node, f fieldEdit, style yaml.Style) error {
	if isLeftOut(f.own) {
		at, err := p.doc.afterColon(mapping.Content[slices.Index(mapping.Content, f.own)-1])
		p.splices.add(at, at, " "+encode(f.want, style))
		return err
	}
	if p.follows(f) {
		return nil
	}
	end, err := p.doc.end(f.own)
	if f.own.Kind == yaml.ScalarNode && f.own.ShortTag() != "!!null" {
		style = f.own.Style
	}
	p.splices.add(p.doc.replaceable(f.own), end, encode(f.want, style))
	return err
}

// follows reports whether the field is an alias whose anchored value gets the same new text.
func (p *plan) follows(f fieldEdit) bool {
	anchored, changes := p.values[f.own.Alias]
	return f.own.Kind == yaml.AliasNode && changes && !anchored.goes && anchored.want == f.want
}

// replaceable is where the text that a new value replaces begins: an anchor before it stays, and so does a tag, unless
// the tag makes something else than a string of the value. verify refuses the edit if an alias elsewhere needs the old
// value.
func (t text) replaceable(node *yaml.Node) int {
	mistagged := node.Style&yaml.TaggedStyle != 0 && node.ShortTag() != "!!str"
	if node.Kind == yaml.AliasNode || mistagged {
		return t.offset(node)
	}
	return t.value(node)
}

// styles are the quotes of an entry's keys and values, by one of its fields.
func (d *document) styles(mapping *yaml.Node, by string) (keys, values yaml.Style) {
	key, value, _ := d.field(mapping, by)
	if key == nil { // it comes in by a merge key, or is missing
		return 0, 0
	}
	return key.Style, value.Style
}

func pair(key, value string, keys, values yaml.Style) string {
	return encode(key, keys) + ": " + encode(value, values)
}
