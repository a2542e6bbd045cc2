package template

import (
	"maps"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// found is a place in an object that pods are made from.
type found struct {
	path           Path
	fields, parent map[string]any
	fixed          string
}

// search looks for pod specs anywhere in a custom object: maps with a list of containers, and what its kind has in
// their place.
func search(obj *unstructured.Unstructured) []found {
	s := searcher{shape: shapes[obj.GroupVersionKind().Group], obj: obj.Object}
	for _, key := range slices.Sorted(maps.Keys(obj.Object)) {
		if key != "metadata" && key != "status" {
			s.walk(Path{key}, obj.Object, obj.Object[key])
		}
	}
	return s.all
}

type searcher struct {
	shape shape
	obj   map[string]any
	all   []found
}

// ownFields of a pod spec are no place to look for others.
var ownFields = []string{"containers", "initContainers", "ephemeralContainers", "volumes"}

func (s *searcher) walk(path Path, parent map[string]any, at any) {
	switch at := at.(type) {
	case []any:
		for i, element := range at {
			s.walk(path.To(strconv.Itoa(i)), nil, element)
		}
	case map[string]any:
		if s.shape != nil {
			if fields, fixed, ok := s.shape(s.obj, path, at); ok {
				s.all = append(s.all, found{path, fields, parent, fixed})
				return
			}
		}
		// Knative lets a single container go without a name.
		if hasContainers(at["containers"], !slices.Equal(path, Path{"spec", "template", "spec"})) {
			s.all = append(s.all, found{path: path, fields: at, parent: parent})
		}
		for _, key := range slices.Sorted(maps.Keys(at)) {
			if !slices.Contains(ownFields, key) {
				s.walk(path.To(key), at, at[key])
			}
		}
	}
}

// hasContainers reports whether a list has containers with an image, and a name where that is asked for.
func hasContainers(value any, named bool) bool {
	list, _ := value.([]any)
	return slices.ContainsFunc(list, func(c any) bool {
		container, _ := c.(map[string]any)
		name, _ := container["name"].(string)
		image, _ := container["image"].(string)
		return image != "" && (name != "" || !named)
	})
}
