package edit

import (
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit/yamltext"
)

// entry is one entry of images.
type entry struct {
	// node is the mapping. It is nil for an alias of a mapping elsewhere, which has no text to edit.
	node *yaml.Node
	item *yaml.Node
	// image is what kustomize reads, merge keys and aliases resolved.
	image types.Image
}

// The fields of an entry that this package sets, in the order in which it adds them.
const (
	fieldName    = "name"
	fieldNewName = "newName"
	fieldNewTag  = "newTag"
	fieldDigest  = "digest"
)

func (k *kustomization) readEntry(item *yaml.Node) (*entry, error) {
	node := yamltext.Resolve(item)
	if node.Kind != yaml.MappingNode {
		return nil, k.Errorf(item, "an entry of images is a mapping with a name; write `- name: …`")
	}
	e := &entry{node: node, item: item}
	for _, field := range []struct {
		name   string
		target *string
	}{
		{fieldName, &e.image.Name}, {fieldNewName, &e.image.NewName}, {fieldNewTag, &e.image.NewTag},
		{fieldDigest, &e.image.Digest},
	} {
		var err error
		if *field.target, err = k.read(node, field.name); err != nil {
			return nil, err
		}
	}
	if e.image.Name == "" {
		return nil, k.Errorf(item, "this entry of images has no name; name the image as the manifests have it")
	}
	if item.Kind == yaml.AliasNode {
		e.node = nil
	}
	return e, nil
}

// read returns the text of a field; "" when it is missing or null.
func (k *kustomization) read(mapping *yaml.Node, name string) (string, error) {
	value, err := k.Lookup(mapping, name)
	if err != nil || value == nil || value.ShortTag() == "!!null" {
		return "", err
	}
	if value.Kind != yaml.ScalarNode {
		return "", k.Errorf(value, "%s of an image is a string; this is something else", name)
	}
	return value.Value, nil
}

// Reference is what kustomize makes of the image's name:
// https://pkg.go.dev/sigs.k8s.io/kustomize/api/filters/imagetag. An entry without a tag and digest keeps those of
// the manifest, so that its reference has none.
func Reference(image types.Image) string {
	ref := repository(image)
	if image.NewTag != "" {
		ref += ":" + image.NewTag
	}
	if image.Digest != "" {
		ref += "@" + image.Digest
	}
	return ref
}

// Image is the inverse of Reference, for an image of that name in the manifests.
func Image(name, reference string) types.Image {
	rest, digest, _ := strings.Cut(reference, "@")
	tag := ""
	if colon := strings.LastIndex(rest, ":"); colon > strings.LastIndex(rest, "/") { // any other colon is a port's
		rest, tag = rest[:colon], rest[colon+1:]
	}
	return types.Image{Name: name, NewName: rest, NewTag: tag, Digest: digest}
}

func repository(image types.Image) string {
	if image.NewName != "" {
		return image.NewName
	}
	return image.Name
}
