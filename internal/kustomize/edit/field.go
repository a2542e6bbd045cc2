package edit

import (
	"slices"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit/yamltext"
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
func (k *kustomization) diff(e *entry, image types.Image) ([]fieldEdit, error) {
	mapping := yamltext.Resolve(e.item)
	var edits []fieldEdit
	for _, f := range []struct{ name, have, want string }{
		{fieldNewName, repository(e.image), repository(image)},
		{fieldNewTag, e.image.NewTag, image.NewTag},
		{fieldDigest, e.image.Digest, image.Digest},
	} {
		_, own, err := k.Field(mapping, f.name)
		if err != nil {
			return nil, err
		}
		value, err := k.Lookup(mapping, f.name)
		if err != nil {
			return nil, err
		}
		if f.have == f.want && isString(value) {
			continue
		}
		inherited, err := k.Merged(mapping, f.name)
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
		return yamltext.IsPlainString(value.Value)
	default:
		return value.ShortTag() == "!!str"
	}
}

// editEntry splices the fields of one entry.
func (p *plan) editEntry(c entryEdit) error {
	var texts []string
	gone := -1
	keys, values := p.doc.Styles(c.entry.node, fieldName)
	for _, f := range c.fields {
		switch {
		case f.own == nil:
			texts = append(texts, yamltext.Pair(f.name, f.want, keys, values))
		case f.goes:
			gone = slices.Index(c.entry.node.Content, f.own) - 1
		default:
			if p.follows(f) {
				continue
			}
			if err := p.doc.Replace(c.entry.node, f.own, f.want, values); err != nil {
				return p.doc.Errorf(f.own, "%w", err)
			}
		}
	}
	if err := p.doc.Reshape(c.entry.node, gone, texts); err != nil {
		return p.doc.Errorf(c.entry.node, "%w", err)
	}
	return nil
}

// follows reports whether the field is an alias whose anchored value gets the same new text.
func (p *plan) follows(f fieldEdit) bool {
	anchored, changes := p.values[f.own.Alias]
	return f.own.Kind == yaml.AliasNode && changes && !anchored.goes && anchored.want == f.want
}
