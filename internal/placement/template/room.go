package template

import (
	"maps"
	"slices"
	"strings"
)

// HasRoom reports whether objects of a custom kind can have a template, by its OpenAPI schema: there is a list of
// containers in it, or it leaves open what is where a template would be.
func HasRoom(group string, schema map[string]any) bool {
	if group == "operators.coreos.com" {
		return false // the Deployments that its objects describe are in the cluster themselves
	}
	properties, _ := schema["properties"].(map[string]any)
	fields := maps.Clone(properties)
	maps.DeleteFunc(fields, func(name string, _ any) bool {
		return slices.Contains([]string{"apiVersion", "kind", "metadata", "status"}, name)
	})
	if len(fields) == 0 {
		return schema[unknownFields] == true
	}
	return room{images: shapes[group] != nil}.among(fields)
}

// unknownFields marks a part of a schema that leaves open which fields there are.
const unknownFields = "x-kubernetes-preserve-unknown-fields"

type room struct {
	// images: the kind has a shape of its own, of which every image may be a part.
	images bool
}

// in reports whether a field has room.
func (r room) in(name string, field map[string]any) bool {
	properties, _ := field["properties"].(map[string]any)
	items, _ := field["items"].(map[string]any)
	values, _ := field["additionalProperties"].(map[string]any)
	reference, _ := field["$ref"].(string)
	ofItems, _ := items["properties"].(map[string]any)
	switch {
	case name == "containers" && items != nil && (ofItems["image"] != nil || isOpen(items)),
		name == "image" && r.images,
		isOpen(field) && holdsTemplate(name),
		strings.HasSuffix(reference, ".core.v1.PodSpec"), strings.HasSuffix(reference, ".core.v1.PodTemplateSpec"):
		return true
	}
	return r.among(properties) || items != nil && r.in("", items) || values != nil && r.in("", values)
}

// among reports whether one of several fields has room.
func (r room) among(fields map[string]any) bool {
	for name, value := range fields {
		if field, ok := value.(map[string]any); ok && r.in(name, field) {
			return true
		}
	}
	return false
}

// isOpen: the schema does not say which fields there are.
func isOpen(schema map[string]any) bool {
	return schema[unknownFields] == true && schema["properties"] == nil
}

// holdsTemplate: fields of these names hold templates in the kinds that leave them open.
func holdsTemplate(name string) bool {
	return name == "spec" || strings.HasSuffix(strings.ToLower(name), "template")
}
