package kustomize

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resource"
)

// kustomizationPaths are the fields of a kustomization through which kustomize loads something; "*" is each item of
// a list. Source: https://pkg.go.dev/sigs.k8s.io/kustomize/api/types#Kustomization
var kustomizationPaths = []string{
	"resources/*", "bases/*", "components/*", "crds/*", "configurations/*", "generators/*", "transformers/*", "validators/*",
	"openapi/path", "patchesStrategicMerge/*", "patches/*/path", "patchesJson6902/*/path", "replacements/*/path",
	"configMapGenerator/*/files/*", "configMapGenerator/*/envs/*", "configMapGenerator/*/env",
	"secretGenerator/*/files/*", "secretGenerator/*/envs/*", "secretGenerator/*/env",
}

// builtinPaths are the same for the configuration of a built-in plugin, a file with apiVersion builtin.
var builtinPaths = []string{"path", "paths/*", "files/*", "envs/*", "env", "replacements/*/path"}

// remoteErrors returns an error for each remote address that the content names, which begins after a number of lines
// of the file.
func remoteErrors(path string, before int, content []byte, isKustomization bool) []error {
	var found []error
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var doc yaml.Node
		if decoder.Decode(&doc) != nil { // the end, or broken YAML, which kustomize reports itself
			return found
		}
		paths := builtinPaths
		if isKustomization {
			paths = kustomizationPaths
		} else if apiVersion(&doc) != "builtin" {
			continue
		}
		for _, fields := range paths {
			for _, node := range at(doc.Content[0], strings.Split(fields, "/")) {
				found = append(found, remoteIn(path, before, node)...)
			}
		}
	}
}

// remoteIn looks at one value, which may also be a plugin's configuration written inline.
func remoteIn(path string, before int, node *yaml.Node) []error {
	if isRemote(node.Value) {
		return []error{fmt.Errorf("%s:%d: %s is remote, and nothing is fetched during a deploy; copy it into the repository "+
			"and name the copy here", path, before+node.Line, node.Value)}
	}
	if !strings.Contains(node.Value, "builtin") {
		return nil
	}
	if node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		before-- // the text begins on the value's own line, not below it
	}
	return remoteErrors(path, before+node.Line, []byte(node.Value), false)
}

// isRemote mirrors how kustomize tells an address from a path: a URL of a file, or what it takes for a git repository.
// The key of "key=path" in a generator's files is no part of either.
func isRemote(value string) bool {
	_, path, _ := strings.Cut(value, "=")
	for _, candidate := range []string{value, path} {
		if u, err := url.Parse(candidate); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
			return true
		}
		if !strings.Contains(candidate, "\n") && (&resource.Origin{}).Append(candidate).Repo != "" {
			return true
		}
	}
	return false
}

// at returns the values at a path of fields. Like kustomize it does not mind the case of keys.
func at(node *yaml.Node, fields []string) []*yaml.Node {
	node = resolve(node)
	if len(fields) == 0 {
		return []*yaml.Node{node}
	}
	var found []*yaml.Node
	for i, child := range node.Content {
		isKey := node.Kind == yaml.MappingNode && i%2 == 0
		switch {
		case isKey && strings.EqualFold(child.Value, fields[0]):
			found = append(found, at(node.Content[i+1], fields[1:])...)
		case node.Kind == yaml.SequenceNode && fields[0] == "*":
			found = append(found, at(child, fields[1:])...)
		}
	}
	return found
}

func apiVersion(doc *yaml.Node) string {
	for _, node := range at(doc.Content[0], []string{"apiVersion"}) {
		return node.Value
	}
	return ""
}

// resolve returns what an alias stands for.
func resolve(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}
