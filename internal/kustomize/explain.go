package kustomize

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// cause is one way in which a kustomization does not render, recognised in kustomize's text, since its errors have no
// types to tell them by. The pattern's first group, if it has one, is the value at fault in a kustomization.
type cause struct {
	pattern *regexp.Regexp
	text    string
	next    string
}

// causes go from the most specific to the least: kustomize tries each resource as a file and then as a folder, and
// its error holds both attempts.
var causes = []cause{
	{regexp.MustCompile(`'[^']*' is not in or below '[^']*'`), "$0", "kustomize reads files in or below a kustomization's folder only; " +
		"move the file there, or give it a kustomization of its own"},
	{regexp.MustCompile(`(?:MalformedYAMLError|invalid Kustomization): .*`), "$0", "correct the YAML"},
	{regexp.MustCompile(`unable to load external plugin '(.*?)'|external plugins disabled; unable to load external plugin '(.*?)'`), "$0",
		"only kustomize's built-in plugins run here; render with the plugin beforehand and commit the result"},
	{regexp.MustCompile(`must specify --enable-helm`), "helm charts are not rendered here", "run `helm template` beforehand and commit the result"},
	{regexp.MustCompile(`unable to find one of 'kustomization.yaml'.* in directory '([^']*)'`), "$0", "add a kustomization.yaml there"},
	{regexp.MustCompile(`kustomization.yaml is empty`), "a kustomization that it names is empty", "list the manifests under its resources"},
	{regexp.MustCompile(`cycle detected: .*?'[^']*' contains visited root '[^']*'`), "$0", "remove one of the references"},
	{regexp.MustCompile(`may not add resource with an already registered id: [^'"]*`), "$0", "remove one of the two, or list the file once"},
	{regexp.MustCompile(`accumulating resources from '([^']*)': evalsymlink failure`), "$1 does not exist", "create it, or correct the path"},
	{regexp.MustCompile(`evalsymlink failure on '[^']*/([^'/]*)'`), "$1 does not exist", "create it, or correct the path"},
}

// explain keeps the useful part of kustomize's nested errors.
func (r *renderer) explain(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	for _, cause := range causes {
		match := cause.pattern.FindStringSubmatchIndex(text)
		if match == nil {
			continue
		}
		what := string(cause.pattern.ExpandString(nil, cause.text, text, match))
		value := ""
		if len(match) > 2 && match[2] >= 0 {
			value = text[match[2]:match[3]]
		}
		return fmt.Errorf("%s: %s; %s", r.place(value), what, cause.next)
	}
	return fmt.Errorf("%s: %s; correct it, then check with `kustomize build %s`", r.path, innermost(text), r.dir)
}

// place is the last kustomization read that holds the value, with its line, or else the root one.
func (r *renderer) place(value string) string {
	for i := len(r.files.read) - 1; i >= 0 && value != ""; i-- {
		for _, doc := range documents(r.files.read[i].content) {
			if line := lineOf(doc, value); line > 0 {
				return fmt.Sprintf("%s:%d", r.files.read[i].path, line)
			}
		}
	}
	return r.path
}

func lineOf(node *yaml.Node, value string) int {
	if node.Kind == yaml.ScalarNode && node.Value == value {
		return node.Line
	}
	for _, child := range node.Content {
		if line := lineOf(child, value); line > 0 {
			return line
		}
	}
	return 0
}

// innermost drops what kustomize was doing around the cause.
func innermost(text string) string {
	return doing.ReplaceAllString(text, "")
}

var doing = regexp.MustCompile(`(?:accumulating resources|accumulating components|accumulateDirectory|recursed accumulation of path '[^']*'|` +
	`accumulation err='.*?must resolve to a file'|accumulating resources from '[^']*'): "?`)
