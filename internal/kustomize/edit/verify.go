package edit

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit/yamltext"
)

// verify reads the content before and after with the parser that kustomize has, and makes sure that the image entries
// say what they should and that nothing else came to say something else. It catches what the edit cannot see, such as
// an entry that other entries merge in, at the price of a second parse of a small file.
func verify(doc *kustomization, edited []byte, images []types.Image) error {
	before, err := read(doc.Path, doc.Content)
	if err != nil {
		return err
	}
	after, err := read(doc.Path, edited)
	if err != nil {
		return fmt.Errorf("%w (after setting the images, so the file is unchanged; set them by hand once)", err)
	}
	wantImages, gotImages := before.images, after.images
	for _, image := range images {
		wantImages = setValues(wantImages, image)
	}
	if !reflect.DeepEqual(normal(wantImages), normal(gotImages)) {
		return doc.Errorf(doc.imagesNode(), "these images cannot be set without changing others that share their text "+
			"through "+
			"an anchor; write the shared fields out")
	}
	if !reflect.DeepEqual(before.others, after.others) {
		return doc.Errorf(doc.imagesNode(), "setting the images would change another field too, since the file ends in a "+
			"text "+
			"without a line break or shares an anchor; end it with a line break, or set the images by hand once")
	}
	return nil
}

// values is a file as kustomize sees it: images apart from all the rest.
type values struct {
	images []map[string]any
	others map[string]any
}

func read(path string, content []byte) (values, error) {
	var v values
	if err := yaml.Unmarshal(content, &v.others); err != nil {
		return v, yamltext.ParseError(path, fmt.Errorf("%s",
			strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")))
	}
	for key, value := range v.others {
		if !strings.EqualFold(key, "images") {
			continue
		}
		delete(v.others, key)
		list, _ := value.([]any)
		for _, item := range list {
			fields, _ := item.(map[string]any)
			v.images = append(v.images, canonical(fields))
		}
	}
	return v, nil
}

// canonical spells the fields of an entry as kustomize declares them.
func canonical(fields map[string]any) map[string]any {
	spelt := map[string]any{}
	for key, value := range fields {
		for _, name := range []string{fieldName, fieldNewName, fieldNewTag, fieldDigest} {
			if strings.EqualFold(key, name) {
				key = name
			}
		}
		spelt[key] = value
	}
	return spelt
}

// setValues is SetImages on values.
func setValues(entries []map[string]any, image types.Image) []map[string]any {
	want := map[string]any{fieldName: image.Name, fieldNewName: image.NewName, fieldNewTag: image.NewTag,
		fieldDigest: image.Digest}
	result := slices.Clone(entries)
	found := false
	for i, fields := range result {
		if fields[fieldName] != image.Name {
			continue
		}
		found = true
		result[i] = map[string]any{}
		for key, value := range fields {
			result[i][key] = value
		}
		for key, value := range want {
			result[i][key] = value
		}
	}
	if !found {
		result = append(result, want)
	}
	return result
}

// normal drops what says nothing: empty fields, and a newName that is the name.
func normal(entries []map[string]any) []map[string]any {
	result := []map[string]any{}
	for _, fields := range entries {
		clean := map[string]any{}
		for key, value := range fields {
			sameName := key == fieldNewName && value == fields[fieldName]
			if value != nil && value != "" && !sameName {
				clean[key] = value
			}
		}
		result = append(result, clean)
	}
	return result
}
