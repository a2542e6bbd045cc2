package yamltext

import "go.yaml.in/yaml/v3"

// Lookup returns the value of a field, its own or merged in by "<<", or nil.
func (d *Document) Lookup(mapping *yaml.Node, name string) (*yaml.Node, error) {
	if _, value, err := d.Field(mapping, name); value != nil || err != nil {
		return Resolve(value), err
	}
	return d.Merged(mapping, name)
}

// Merged returns the value that merge keys give to a field. Of several sources the first wins, by
// https://yaml.org/type/merge.html.
func (d *Document) Merged(mapping *yaml.Node, name string) (*yaml.Node, error) {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].ShortTag() != "!!merge" {
			continue
		}
		sources := []*yaml.Node{Resolve(mapping.Content[i+1])}
		if sources[0].Kind == yaml.SequenceNode {
			sources = sources[0].Content
		}
		for _, source := range sources {
			if value, err := d.Lookup(Resolve(source), name); value != nil || err != nil {
				return value, err
			}
		}
	}
	return nil, nil
}

// Resolve returns the node that an alias is of, and any other node itself.
func Resolve(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}
