package explain

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/yamlnode"
	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
)

// Kustomize's errors and log lines quote what they are about: all literals of a generator, a patch, a value of the
// wrong type. Where that is a Secret, its values would be in the log. So what belongs to Secrets is collected from the
// files, and a text that contains any of it is replaced by the place and the kind of the fault.

// secret is a part of a file that makes a Secret.
type secret struct {
	file string
	line int
	// perhaps is true for what may be a Secret's, such as a patch of whatever has a name.
	perhaps bool
	// values are all texts in it that are no names, keys included.
	values []string
}

// publicFields are the fields of a Secret and its generator whose values are no secrets.
var publicFields = []string{"apiVersion", "kind", "metadata", "type", "behavior", "options", "name", "namespace",
	"target", "op", "path"}

// minSecret is the shortest value that is looked for: a shorter one is in any text.
const minSecret = 4

// secrets collects the Secrets of all files that were read.
func (e *Explainer) secrets() []secret {
	var found []secret
	for _, path := range e.files.All {
		content, err := e.files.AsShown(path)
		if err != nil || !strings.Contains(string(content), "ecret") {
			continue
		}
		s := secretFinder{Explainer: e, file: e.files.Display(path), folder: filepath.Dir(path)}
		for _, doc := range yamlnode.Documents(content) {
			s.find(doc, 0)
		}
		if isBroken(content) {
			s.addLines(content)
		}
		found = append(found, s.found...)
	}
	return found
}

// secretFinder collects the Secrets of one file.
type secretFinder struct {
	*Explainer
	file, folder string
	found        []secret
}

// find looks for Secrets in a node, whose lines begin after a number of lines of the file.
func (s *secretFinder) find(node *yaml.Node, before int) {
	switch {
	case node.Kind == yaml.ScalarNode && strings.Contains(node.Value, "ecret") && strings.Contains(node.Value, ":"):
		inline := node.Line
		if node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
			inline-- // the text begins on the value's own line, not below it
		}
		for _, doc := range yamlnode.Documents([]byte(node.Value)) {
			s.find(doc, before+inline)
		}
		return
	case isSecret(node):
		s.add(node, before+node.Line)
		return
	}
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && strings.EqualFold(node.Content[i-1].Value, "secretGenerator") {
			s.addGenerators(child, before)
			continue
		}
		s.find(child, before)
	}
}

// addGenerators adds each generator of a list, or what is in its place.
func (s *secretFinder) addGenerators(node *yaml.Node, before int) {
	node = yamlnode.Resolve(node)
	if node.Kind != yaml.SequenceNode {
		s.add(node, before+node.Line)
		return
	}
	for _, item := range node.Content {
		s.add(item, before+item.Line)
	}
}

// isSecret reports whether a node is a Secret, its generator, or a patch that may be of one.
func isSecret(node *yaml.Node) bool {
	kind := yamlnode.Text(node, "kind")
	return kind == "Secret" || kind == "SecretGenerator" || mayPatch(node, "Secret")
}

// mayPatch reports whether a node is a patch of objects of a kind, or of any kind. Kustomize takes a target's kind for
// an expression: https://github.com/kubernetes-sigs/kustomize/blob/api/v0.21.2/api/types/selector.go
func mayPatch(node *yaml.Node, kind string) bool {
	if len(yamlnode.At(node, []string{"target"})) == 0 {
		return false
	}
	pattern, err := regexp.Compile("^(?:" + yamlnode.Text(node, "target", "kind") + ")$")
	return err != nil || pattern.MatchString(kind) || pattern.MatchString("")
}

// isBroken reports whether a file is no YAML.
func isBroken(content []byte) bool {
	for decoder := yaml.NewDecoder(bytes.NewReader(content)); ; {
		var doc yaml.Node
		if err := decoder.Decode(&doc); err != nil {
			return !errors.Is(err, io.EOF)
		}
	}
}

// addLines adds the words of a file that can't be parsed, but for those of public fields: what is wrong with it may be
// that a value is not in quotes.
func (s *secretFinder) addLines(content []byte) {
	part := secret{file: s.file, line: 1}
	for line := range strings.Lines(string(content)) {
		field, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if slices.Contains(publicFields, strings.TrimLeft(field, "- ")) {
			continue
		}
		for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" ,[]{}", r) }) {
			part.addTexts(strings.Trim(word, `"'*&!:`))
		}
	}
	s.found = append(s.found, part)
}

func (s *secretFinder) add(node *yaml.Node, line int) {
	part := secret{file: s.file, line: line, perhaps: yamlnode.Text(node, "target", "kind") != "Secret" &&
		len(yamlnode.At(node, []string{"target"})) > 0}
	part.collect(node)
	node = yamlnode.Resolve(node)
	for _, patch := range yamlnode.At(node, []string{"path"}) {
		content, _ := s.files.FileSystem.ReadFile(filepath.Join(s.folder, patch.Value))
		for _, doc := range yamlnode.Documents(content) {
			part.collect(doc)
		}
	}
	for _, env := range slices.Concat(yamlnode.At(node, []string{"envs", "*"}), yamlnode.At(node, []string{"env"})) {
		content, _ := s.files.FileSystem.ReadFile(filepath.Join(s.folder, env.Value)) // missing is what the error may be
		for line := range strings.Lines(string(content)) {
			key, value, _ := strings.Cut(line, "=")
			part.addTexts(line, key, value)
		}
	}
	s.found = append(s.found, part)
}

// collect adds the texts of a node.
func (p *secret) collect(node *yaml.Node) {
	node = yamlnode.Resolve(node)
	for i, child := range node.Content {
		if node.Kind != yaml.MappingNode {
			p.collect(child)
			continue
		}
		isPublic := slices.ContainsFunc(publicFields,
			func(name string) bool { return strings.EqualFold(name, node.Content[i-i%2].Value) })
		if !isPublic {
			p.collect(child)
		}
	}
	if node.Kind == yaml.ScalarNode {
		key, value, _ := strings.Cut(node.Value, "=")
		p.addTexts(node.Value, key, value)
	}
}

// fieldNames are the fields of a Secret and its generator, which are no secrets.
var fieldNames = []string{"literals", "files", "envs", "env", "data", "stringData", "immutable", "patch", "value"}

func (p *secret) addTexts(texts ...string) {
	for _, text := range texts {
		if text = strings.TrimSpace(text); len(text) >= minSecret && !slices.Contains(fieldNames, text) {
			p.values = append(p.values, text)
		}
	}
}

// isIn reports whether a text quotes the secret, as it is or with escapes.
func (p *secret) isIn(text string) bool {
	return slices.ContainsFunc(p.values, func(value string) bool {
		joined := strings.Join(strings.Fields(value), " ")
		return slices.ContainsFunc(append(redact.Forms(value), joined),
			func(form string) bool { return strings.Contains(text, form) })
	})
}

// quotesSecret reports whether a text of kustomize's contains something of a Secret.
func (e *Explainer) quotesSecret(text string) bool {
	return slices.ContainsFunc(e.secrets(), func(s secret) bool { return s.isIn(text) })
}

// generatorFault are the errors that quote what a generator is made of, or a part too short to be recognised.
var generatorFault = regexp.MustCompile(`loading KV pairs|illegally repeats the key|invalid (?:literal|line)|is not a valid key|PatchTransformer|Patch.*config`)

// secretError is the error for a text that quotes a Secret, or may; nil for others.
func (e *Explainer) secretError(text string) error {
	all := e.secrets()
	index := slices.IndexFunc(all, func(s secret) bool { return s.isIn(text) })
	if index < 0 && len(all) > 0 && generatorFault.MatchString(text) && strings.Contains(text, "ecret") {
		index = 0
	}
	if index < 0 && len(all) > 0 && strings.Contains(text, "loading KV pairs") {
		index = 0
	}
	if index < 0 {
		return nil
	}
	what := "it does not render"
	for _, fault := range secretFaults {
		if fault.pattern.MatchString(text) {
			what = fault.what
			break
		}
	}
	thing := "the Secret here"
	if all[index].perhaps {
		thing = "the patch here, which may be of a Secret"
	}
	return fmt.Errorf("%s:%d: %s: %s; values of Secrets are not shown; correct it, then check with "+
		"`kustomize build %s`",
		all[index].file, all[index].line, thing, what, e.dir)
}

// secretFaults are what can be said of a text without quoting it.
var secretFaults = []struct {
	pattern *regexp.Regexp
	what    string
}{
	{regexp.MustCompile(`invalid literal`), "a literal is not KEY=VALUE"},
	{regexp.MustCompile(`unknown anchor`), "a value that begins with * is not in quotes"},
	{regexp.MustCompile(`is not in or below`), "a file is outside the kustomization's folder"},
	{regexp.MustCompile(`evalsymlink failure|no such file`), "a file does not exist"},
	{regexp.MustCompile(`key name or file path|missing (?:key|file)`), "an entry of files is not KEY=PATH"},
	{regexp.MustCompile(`repeats the key|already defined|already exists`), "a key is given twice"},
	{regexp.MustCompile(`unknown field`), "it has a field that kustomize does not know"},
	{regexp.MustCompile(`cannot unmarshal`), "a field has the wrong type"},
	{regexp.MustCompile(`MalformedYAML`), "it is broken YAML"},
	{regexp.MustCompile(`PatchTransformer|parse .*patch|Unexpected kind`), "a patch of it is none"},
	{regexp.MustCompile(`out of bounds`), "a replacement asks for a part that its value does not have"},
	{regexp.MustCompile(`invalid utf8`), "a line of an env file is not UTF-8"},
}
