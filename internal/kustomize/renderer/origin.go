package renderer

import (
	"encoding/json"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// originAnnotation is where kustomize writes an object's origin when buildMetadata asks for it:
// https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/buildmetadata/
const originAnnotation = "config.kubernetes.io/origin"

// withOrigins returns the kustomization with origin annotations asked for, and whether it asked for them already.
// The result is JSON, converted as kustomize converts it.
func withOrigins(content []byte) (edited []byte, asked bool, err error) {
	data, err := yaml.YAMLToJSON(content)
	if err != nil {
		return nil, false, err
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, false, err
	}
	key := "buildMetadata"
	for name := range fields {
		if strings.EqualFold(name, key) {
			key = name
		}
	}
	var options []string
	if json.Unmarshal(fields[key], &options) != nil && fields[key] != nil {
		return content, true, nil // of the wrong type, which kustomize reports itself
	}
	if slices.Contains(options, types.OriginAnnotations) {
		return content, true, nil
	}
	if fields[key], err = json.Marshal(append(options, types.OriginAnnotations)); err != nil {
		return nil, false, err
	}
	edited, err = json.Marshal(fields)
	return edited, false, err
}

// dropOrigin removes the annotation, and the map that was made for it.
func dropOrigin(object map[string]any) {
	metadata, _ := object["metadata"].(map[string]any)
	annotations, found := metadata["annotations"].(map[string]any)
	delete(annotations, originAnnotation)
	if found && len(annotations) == 0 { // kustomize leaves no empty map either
		delete(metadata, "annotations")
	}
}
