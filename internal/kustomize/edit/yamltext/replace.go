package yamltext

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// Replace gives a value of a mapping another text, in the value's own quotes. An alias, or a value left out, has none
// and takes those of style.
func (d *Document) Replace(mapping, value *yaml.Node, text string, style yaml.Style) error {
	if isLeftOut(value) {
		at, err := d.afterColon(mapping.Content[slices.Index(mapping.Content, value)-1])
		d.splice(at, at, " "+encode(text, style))
		return err
	}
	end, err := d.end(value)
	if value.Kind == yaml.ScalarNode && value.ShortTag() != "!!null" {
		style = value.Style
	}
	d.splice(d.replaceable(value), end, encode(text, style))
	return err
}

// replaceable is where the text that a new value replaces begins: an anchor before it stays, and so does a tag, unless
// the tag makes something else than a string of the value. An alias elsewhere that needs
// the old value is for the caller to find.
func (t text) replaceable(node *yaml.Node) int {
	mistagged := node.Style&yaml.TaggedStyle != 0 && node.ShortTag() != "!!str"
	if node.Kind == yaml.AliasNode || mistagged {
		return t.Offset(node)
	}
	return t.value(node)
}

// Styles are the quotes of an entry's keys and values, by one of its fields.
func (d *Document) Styles(mapping *yaml.Node, by string) (keys, values yaml.Style) {
	key, value, _ := d.Field(mapping, by)
	if key == nil { // it comes in by a merge key, or is missing
		return 0, 0
	}
	return key.Style, value.Style
}

// Pair is the text of a field, its key and value each in a style of quotes.
func Pair(key, value string, keys, values yaml.Style) string {
	return encode(key, keys) + ": " + encode(value, values)
}
