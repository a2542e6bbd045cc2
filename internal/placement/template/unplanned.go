package template

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Unplanned returns the fields of a custom object that name an image outside of its templates, as "spec.imageName":
// what its controller makes of them is not known. It is empty for Kubernetes' own kinds.
func Unplanned(obj *unstructured.Unstructured) []string {
	if !IsCustom(obj) {
		return nil
	}
	u := unplanned{planned: map[string]bool{}}
	for _, t := range Of(obj) {
		for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
			u.planned[c.Image] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(obj.Object)) {
		if key != "metadata" && key != "status" {
			u.walk(key, obj.Object[key])
		}
	}
	return u.fields
}

type unplanned struct {
	planned map[string]bool // images
	fields  []string
}

func (u *unplanned) walk(path string, at any) {
	switch at := at.(type) {
	case []any:
		for i, element := range at {
			u.walk(path+"["+strconv.Itoa(i)+"]", element)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(at)) {
			if image, ok := at[key].(string); ok && namesImage(key) && isReference(image) && !u.planned[image] {
				u.fields = append(u.fields, path+"."+key)
			}
			u.walk(path+"."+key, at[key])
		}
	}
}

func namesImage(key string) bool {
	return key == "image" || key == "imageName" || strings.HasSuffix(key, "Image")
}

// isReference: words without a repository's path, tag or digest name other images, such as those of machines.
func isReference(text string) bool {
	return isParameter(text) || strings.ContainsAny(text, "/:@") && !strings.ContainsAny(text, " \t\n") && !strings.Contains(text, "://")
}
