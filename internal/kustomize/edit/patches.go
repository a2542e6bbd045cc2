package edit

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	fieldPatches = "patches"
	fieldPath    = "path"
)

// AddPatch returns the kustomization in content with an entry for a file of patches, after those that are there: the
// content itself where it has one. Every other byte stays, as with SetImages. Name is the file's in the folder of the
// kustomization, path only names the kustomization in errors.
func AddPatch(path string, content []byte, name string) ([]byte, error) {
	doc, list, entries, err := parsePatches(path, content, name)
	if err != nil || len(entries) > 0 {
		return content, err
	}
	plan := newPlan(doc)
	if err := (addition{plan, list, [][][2]string{{{fieldPath, name}}}}).add(); err != nil {
		return nil, err
	}
	return plan.finish(name, 1)
}

// RemovePatch returns the kustomization in content without the entries for a file of patches, and without the field
// where it has no others: what AddPatch added is gone again.
func RemovePatch(path string, content []byte, name string) ([]byte, error) {
	for {
		doc, list, entries, err := parsePatches(path, content, name)
		if err != nil || len(entries) == 0 {
			return content, err
		}
		plan := newPlan(doc)
		if err := plan.removeEntry(list, entries[0]); err != nil {
			return nil, doc.errorf(list.value.Content[entries[0]], "%w", err)
		}
		if content, err = plan.finish(name, len(entries)-1); err != nil {
			return nil, err
		}
	}
}

// parsePatches reads the patches field, and which of its entries are for the file.
func parsePatches(path string, content []byte, name string) (*document, field, []int, error) {
	list := field{name: fieldPatches, pattern: fieldPath}
	doc, err := parse(path, content)
	if err != nil {
		return nil, list, nil, err
	}
	if list.key, list.value, err = doc.field(doc.root, fieldPatches); err != nil {
		return nil, list, nil, err
	}
	if list.value != nil && list.value.Kind != yaml.SequenceNode && list.value.ShortTag() != "!!null" {
		return nil, list, nil, doc.errorf(list.value, "patches must be a list; write it out here")
	}
	var entries []int
	for i := 0; list.value != nil && i < len(list.value.Content); i++ {
		if doc.isPatch(list.value.Content[i], name) {
			entries = append(entries, i)
		}
	}
	return doc, list, entries, doc.listedElsewhere(list, name)
}

func (d *document) isPatch(item *yaml.Node, name string) bool {
	_, value, _ := d.field(resolve(item), fieldPath)
	return value != nil && path.Clean(resolve(value).Value) == name
}

// listedElsewhere is an error where another field names the file too, such as patchesStrategicMerge: its patches would
// apply twice, or stay where their entry goes.
func (d *document) listedElsewhere(list field, name string) error {
	for i := 0; i < len(d.root.Content); i += 2 {
		if key := d.root.Content[i]; key != list.key {
			if found := mention(d.root.Content[i+1], name); found != nil {
				return d.errorf(found, "%s is listed under %s too; list it under patches alone", name, key.Value)
			}
		}
	}
	return nil
}

func mention(node *yaml.Node, name string) *yaml.Node {
	if node.Kind == yaml.ScalarNode && path.Clean(node.Value) == name {
		return node
	}
	for _, child := range node.Content {
		if found := mention(child, name); found != nil {
			return found
		}
	}
	return nil
}

// removeEntry removes an entry, or the field where it is the only one.
func (p *plan) removeEntry(list field, index int) error {
	if len(list.value.Content) == 1 {
		at := slices.Index(p.doc.root.Content, list.key)
		switch {
		case p.doc.root.Style&yaml.FlowStyle != 0:
			return p.removeFlow(p.doc.root, at)
		case p.doc.startsLine(p.doc.offset(list.key)):
			return p.removeLine(p.doc.root, at)
		}
		return errForm
	}
	if list.value.Style&yaml.FlowStyle != 0 {
		return p.removeFlow(list.value, index)
	}
	return p.removeItem(list.value.Content[index])
}

// removeItem removes an item of a list of dashes with its lines.
func (p *plan) removeItem(item *yaml.Node) error {
	start := p.doc.offset(item)
	first := p.doc.lineAt(start)
	end, err := p.doc.end(item)
	if err != nil || !p.doc.restIsBlank(end) || !p.doc.at(p.doc.skipSpaces(first.start), '-') {
		return errForm
	}
	last := p.doc.lineAt(end)
	if last.end == last.next && first.start > 0 { // the file ends without a line break, and so it will
		p.splices.add(p.doc.lineAt(first.start-1).end, last.end, "")
	} else {
		p.splices.add(first.start, last.next, "")
	}
	return nil
}

// finish makes the edit, and reads the result with kustomize's parser: the file has the wanted number of entries, and
// nothing else came to say something else.
func (p *plan) finish(name string, wanted int) ([]byte, error) {
	edited, err := p.splices.apply(p.doc.content)
	if err != nil {
		return nil, err
	}
	before, _, err := readPatches(p.doc.path, p.doc.content, name)
	if err != nil {
		return nil, err
	}
	after, count, err := readPatches(p.doc.path, edited, name)
	if err != nil {
		return nil, fmt.Errorf("%w (after the entry %s of patches was edited, so the file is unchanged; edit it by hand "+
			"once)", err, name)
	}
	if count != wanted || !reflect.DeepEqual(before, after) {
		return nil, p.doc.errorf(p.doc.root, "the entry %s of patches cannot be edited here without changing something "+
			"else, since the file ends in a text without a line break or shares an anchor; edit it by hand once", name)
	}
	return edited, nil
}

// readPatches is the file as kustomize sees it, without the entries for a file of patches, and how many these are.
func readPatches(file string, content []byte, name string) (others kustomization, count int, err error) {
	if others, err = read(file, content); err != nil {
		return others, 0, err
	}
	for key, value := range others.others {
		if !strings.EqualFold(key, fieldPatches) {
			continue
		}
		list, _ := value.([]any)
		var rest []any
		for _, item := range list {
			if fields, _ := item.(map[string]any); isPatchOf(fields, name) {
				count++
			} else {
				rest = append(rest, item)
			}
		}
		if others.others[key] = rest; len(rest) == 0 {
			delete(others.others, key)
		}
	}
	return others, count, nil
}

func isPatchOf(fields map[string]any, name string) bool {
	for key, value := range fields {
		if text, _ := value.(string); strings.EqualFold(key, fieldPath) && path.Clean(text) == name {
			return true
		}
	}
	return false
}
