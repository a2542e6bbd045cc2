package kustomize

import "go.yaml.in/yaml/v3"

// An anchored value (`newTag: &tag v1`) is also the value of every alias of it (`*tag`). Three rules keep the aliases
// that are not to change as they are: an alias that has to change is replaced by its own text; one that wants what its
// anchored value is about to say follows it; and when a value changes that strangers use, the anchor moves, with the
// old text, to the first of them.

// strangers are the aliases of a node that must keep its old value.
func (p *plan) strangers(node *yaml.Node) []*yaml.Node {
	var strangers []*yaml.Node
	for _, user := range p.doc.users[node] {
		if _, changes := p.targets[user]; !changes {
			strangers = append(strangers, user)
		}
	}
	return strangers
}

// follows reports whether the field is an alias that comes right by itself.
func (p *plan) follows(f fieldEdit) bool {
	anchored, changes := p.targets[f.own.Alias]
	return f.own.Kind == yaml.AliasNode && changes && !anchored.goes &&
		anchored.want == f.want && len(p.strangers(f.own.Alias)) == 0
}

// extent is what a new text takes the place of: a value's own text, and its anchor too when that moves. A tag goes when
// it makes something else than a string of the value.
func (p *plan) extent(node *yaml.Node) (start, end int, err error) {
	end, err = p.doc.end(node)
	mistagged := node.Style&yaml.TaggedStyle != 0 && node.ShortTag() != "!!str"
	if node.Kind == yaml.AliasNode || mistagged || len(p.strangers(node)) > 0 {
		return p.doc.offset(node), end, err
	}
	return p.doc.value(node), end, err
}

// moveAnchors copies each anchored value that changes over its first stranger.
func (p *plan) moveAnchors() error {
	for node := range p.targets {
		strangers := p.strangers(node)
		if len(strangers) == 0 {
			continue
		}
		end, err := p.doc.end(node)
		if err != nil {
			return p.doc.errorf(node, "%w", err)
		}
		aliasEnd, err := p.doc.end(strangers[0])
		if err != nil {
			return p.doc.errorf(strangers[0], "%w", err)
		}
		p.splices.add(p.doc.offset(strangers[0]), aliasEnd, string(p.doc.content[p.doc.offset(node):end]))
	}
	return nil
}
