package edit

import (
	"fmt"
	"path"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit/yamltext"
)

const (
	fieldPatches = "patches"
	fieldPath    = "path"
)

// AddPatch returns the kustomization in content with an entry for a file of patches, after those that are there: the
// content itself where it has one. Every other byte stays, as with SetImages. Name is the file's in the folder of the
// kustomization, path only names the kustomization in errors.
func AddPatch(path string, content []byte, name string) ([]byte, error) {
	doc, patches, entries, err := parsePatches(path, content, name)
	if err != nil || len(entries) > 0 {
		return content, err
	}
	if err := doc.Extend(patches, [][][2]string{{{fieldPath, name}}}); err != nil {
		return nil, err
	}
	return finish(doc, name, 1)
}

// RemovePatch returns the kustomization in content without the entries for a file of patches, and without the field
// where it has no others: what AddPatch added is gone again.
func RemovePatch(path string, content []byte, name string) ([]byte, error) {
	for {
		doc, patches, entries, err := parsePatches(path, content, name)
		if err != nil || len(entries) == 0 {
			return content, err
		}
		if err := doc.Remove(patches, entries[0]); err != nil {
			return nil, doc.Errorf(patches.Value.Content[entries[0]], "%w", err)
		}
		if content, err = finish(doc, name, len(entries)-1); err != nil {
			return nil, err
		}
	}
}

// parsePatches reads the patches field, and which of its entries are for the file.
func parsePatches(path string, content []byte, name string) (*kustomization, yamltext.List, []int, error) {
	patches := yamltext.List{Name: fieldPatches, Pattern: fieldPath, MayEndInText: true}
	doc, err := parse(path, content)
	if err != nil {
		return nil, patches, nil, err
	}
	if patches.Key, patches.Value, err = doc.Field(doc.Root, fieldPatches); err != nil {
		return nil, patches, nil, err
	}
	if patches.Value != nil && patches.Value.Kind != yaml.SequenceNode && patches.Value.ShortTag() != "!!null" {
		return nil, patches, nil, doc.Errorf(patches.Value, "patches must be a list; write it out here")
	}
	var entries []int
	for i := 0; patches.Value != nil && i < len(patches.Value.Content); i++ {
		if doc.isPatch(patches.Value.Content[i], name) {
			entries = append(entries, i)
		}
	}
	return doc, patches, entries, doc.listedElsewhere(patches, name)
}

func (k *kustomization) isPatch(item *yaml.Node, name string) bool {
	_, value, _ := k.Field(yamltext.Resolve(item), fieldPath)
	return value != nil && path.Clean(yamltext.Resolve(value).Value) == name
}

// listedElsewhere is an error where another field names the file too, such as patchesStrategicMerge: its patches would
// apply twice, or stay where their entry goes.
func (k *kustomization) listedElsewhere(patches yamltext.List, name string) error {
	for i := 0; i < len(k.Root.Content); i += 2 {
		if key := k.Root.Content[i]; key != patches.Key {
			if found := mention(k.Root.Content[i+1], name); found != nil {
				return k.Errorf(found, "%s is listed under %s too; list it under patches alone", name, key.Value)
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

// finish makes the edit, and reads the result with kustomize's parser: the file has the wanted number of entries, and
// nothing else came to say something else.
func finish(doc *kustomization, name string, wanted int) ([]byte, error) {
	edited, err := doc.Apply()
	if err != nil {
		return nil, err
	}
	before, _, err := readPatches(doc.Path, doc.Content, name)
	if err != nil {
		return nil, err
	}
	after, count, err := readPatches(doc.Path, edited, name)
	if err != nil {
		return nil, fmt.Errorf("%w (after the entry %s of patches was edited, so the file is unchanged; edit it by hand "+
			"once)", err, name)
	}
	if count != wanted || !reflect.DeepEqual(before, after) {
		return nil, doc.Errorf(doc.Root, "the entry %s of patches cannot be edited here without changing something "+
			"else, since the file ends in a text without a line break or shares an anchor; edit it by hand once", name)
	}
	return edited, nil
}

// readPatches is the file as kustomize sees it, without the entries for a file of patches, and how many these are.
func readPatches(file string, content []byte, name string) (others values, count int, err error) {
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
