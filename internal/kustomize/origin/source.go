package origin

import (
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/yamlnode"
)

// Source is where an object was written. Lines count from 1; 0 is unknown.
type Source struct {
	// File is the manifest, or the kustomization for an object that one generates, below the folder as Render got it.
	File string `json:"file"`
	// Line is the object's first line, or that of the generator.
	Line int `json:"line"`
	// PodSpec is the line of the field that has the containers, such as spec in a pod template.
	PodSpec int `json:"podSpec,omitempty"`
	// Images are the lines of the image fields, by container name, init containers included.
	Images map[string]int `json:"images,omitempty"`
}

// ContainerLine is the best line for a message about a container: its image, its pod spec, or the object.
func (s Source) ContainerLine(name string) int {
	if line := s.Images[name]; line > 0 {
		return line
	}
	return s.PodLine()
}

// PodLine is the best line for a message about a pod's placement: its spec, or the object.
func (s Source) PodLine() int {
	if s.PodSpec > 0 {
		return s.PodSpec
	}
	return s.Line
}

// addPodSpecs notes the containers of every mapping that has some, whatever the kind of the object.
func (s *Source) addPodSpecs(node *yaml.Node, line int) {
	if containers := yamlnode.At(node, []string{"containers", "*", "name"}); len(containers) > 0 && s.PodSpec == 0 {
		s.PodSpec = line
	}
	for _, list := range []string{"containers", "initContainers"} {
		for _, container := range yamlnode.At(node, []string{list, "*"}) {
			s.addImage(container)
		}
	}
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 {
			line = node.Content[i-1].Line
		}
		s.addPodSpecs(child, line)
	}
}

func (s *Source) addImage(container *yaml.Node) {
	name := yamlnode.Text(container, "name")
	for _, image := range yamlnode.At(container, []string{"image"}) {
		if _, known := s.Images[name]; known {
			continue
		}
		if s.Images == nil {
			s.Images = map[string]int{}
		}
		s.Images[name] = image.Line
	}
}

// Annotation is where kustomize writes an object's origin when buildMetadata asks for it:
// https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/buildmetadata/
const Annotation = "config.kubernetes.io/origin"

// WithAnnotations returns the kustomization with origin annotations asked for, and whether it asked for them already.
// The result is JSON, converted as kustomize converts it.
func WithAnnotations(content []byte) (edited []byte, asked bool, err error) {
	data, err := sigsyaml.YAMLToJSON(content)
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

// Drop removes the annotation, and the map that was made for it.
func Drop(object map[string]any) {
	metadata, _ := object["metadata"].(map[string]any)
	annotations, found := metadata["annotations"].(map[string]any)
	delete(annotations, Annotation)
	if found && len(annotations) == 0 { // kustomize leaves no empty map either
		delete(metadata, "annotations")
	}
}
