// Package explain puts into words what kustomize says: its errors and remarks, with the file and line at fault and the
// next step, and without the values of Secrets, which kustomize quotes.
package explain

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/renderer/disk"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/yamlnode"
)

// Explainer puts into words what kustomize says about one kustomization.
type Explainer struct {
	path, dir string
	files     *disk.FS
	// remoteFetch says whether kustomize may fetch.
	remoteFetch bool
	// Refusals is the HTTP transport that kustomize gets.
	Refusals refusals
}

// New returns the explainer for the kustomization at path, with the files that kustomize reads.
func New(path string, f *disk.FS, remoteFetch bool) *Explainer {
	return &Explainer{path: path, dir: filepath.Dir(path), files: f, remoteFetch: remoteFetch}
}

// Explain is the error for a run of kustomize that ended with err, which may be nil. Nil is for none.
func (e *Explainer) Explain(err error) error {
	switch {
	case err != nil && e.isRefusal(err), e.Refusals.urls != nil:
		return e.remoteError()
	case err != nil:
		return e.usefulPart(err)
	}
	return nil
}

// cause is one way in which a kustomization does not render, recognised in kustomize's text, since its errors have no
// types. The group "at" is the path or word by which the line at fault is found in a kustomization.
type cause struct {
	pattern *regexp.Regexp
	what    string // with ${groups} of the pattern
	next    string
}

// causes go from the most specific to the least: kustomize tries each resource as a file and then as a folder, and
// its error describes both attempts.
var causes = []cause{
	{regexp.MustCompile(`file '(?P<at>[^']*)' is not in or below '(?P<root>[^']*)'`), "${at} is outside ${root}",
		"kustomize reads files in or below a " +
			"kustomization's folder only; move the file there, or give it a kustomization of its own and name that folder"},
	{regexp.MustCompile(`MalformedYAMLError: yaml: (?P<error>.*?) in File: (?P<at>[^'" ]*)`),
		"${at} is broken YAML: ${error}", "correct it"},
	{regexp.MustCompile(`missing (?:kind|metadata.name) in object.*: '(?P<at>[^']*)': file is not directory`),
		"${at} has an object without kind or metadata.name", "add it, or list Kubernetes objects only"},
	{regexp.MustCompile(`unknown field \\?"(?P<at>\w*)`), "kustomize knows no field ${at}", "correct its spelling"},
	{regexp.MustCompile(`cannot unmarshal (?P<have>\w+) into Go struct field \S*?(?P<path>\w+\.)(?P<at>\w+) of type (?P<type>\S+)`),
		"${path}${at} is a ${have}, not a ${type}", "put a string in quotes, write a list with dashes"},
	{regexp.MustCompile(`unable to load external plugin '(?P<kind>.*?)'`), "it asks for the plugin ${kind}",
		"only kustomize's built-in plugins run here; render with the plugin beforehand and commit the result"},
	{regexp.MustCompile(`must specify --enable-helm`), "helm charts are not rendered here",
		"run `helm template` beforehand and commit the result"},
	{regexp.MustCompile(`unable to find one of 'kustomization.yaml'.* in directory '(?P<at>[^']*)'`),
		"there is no kustomization in ${at}", "add one there"},
	{regexp.MustCompile(`'(?P<at>[^']*)': kustomization.yaml is empty`), "the kustomization in ${at} is empty",
		"list the manifests under its resources"},
	{regexp.MustCompile(`cycle detected: candidate root '(?P<at>[^']*)' contains visited root '(?P<root>[^']*)'`),
		"${at} contains ${root}, which names it", "remove one of the references"},
	{regexp.MustCompile(`may not add resource with an already registered id: (?P<id>[^'"]*)`), "two manifests are ${id}",
		"remove one of the two, or list the file once"},
	{regexp.MustCompile(`evalsymlink failure on '(?P<at>[^']*)'`), "${at} does not exist",
		"create it, or correct the path"},
}

// usefulPart keeps the useful part of kustomize's nested errors.
func (e *Explainer) usefulPart(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if err := e.secretError(text); err != nil {
		return err
	}
	if err := e.nameless(text); err != nil {
		return err
	}
	for _, cause := range causes {
		match := cause.pattern.FindStringSubmatch(text)
		if match == nil {
			continue
		}
		group := func(name string) string {
			if i := cause.pattern.SubexpIndex(name); i >= 0 {
				return match[i]
			}
			return ""
		}
		what := os.Expand(cause.what, func(name string) string { return e.files.Display(group(name)) })
		return fmt.Errorf("%s: %s; %s", e.place(group("at")), what, cause.next)
	}
	text = strings.ReplaceAll(doing.ReplaceAllString(text, ""), filepath.Dir(e.files.Target), e.dir)
	return fmt.Errorf("%s: %s; correct it, then check with `kustomize build %s`", e.path, text, e.dir)
}

var missingName = regexp.MustCompile(`missing metadata.name in object.*: '([^']*)': file is not directory`)

// nameless is the error for an object that leaves its name to the server, or nil.
func (e *Explainer) nameless(text string) error {
	match := missingName.FindStringSubmatch(text)
	if match == nil {
		return nil
	}
	content, err := e.files.FileSystem.ReadFile(match[1])
	if err != nil {
		return nil //nolint:nilerr // what the file says is only needed to explain another error
	}
	for _, doc := range yamlnode.Documents(content) {
		for _, node := range yamlnode.At(doc, []string{"metadata", "generateName"}) {
			return fmt.Errorf("%s:%d: the object has generateName and no name; kustomize and server-side apply know an object "+
				"by its "+
				"name, so give it one with metadata.name, or create it with `kubectl create`", e.files.Display(match[1]), node.Line)
		}
	}
	return nil
}

// place is the last kustomization read that names the path or word, with its line, or else the root one. A word that
// on several lines has no one line.
func (e *Explainer) place(name string) string {
	for _, file := range slices.Backward(e.files.Kustomizations) {
		var lines []int
		for _, doc := range yamlnode.Documents(file.Content) {
			lines = append(lines, yamlnode.LinesOf(doc, name, filepath.Dir(file.Real))...)
		}
		switch {
		case len(lines) == 1:
			return fmt.Sprintf("%s:%d", file.Path, lines[0])
		case len(lines) > 1:
			return file.Path
		}
	}
	return e.path
}

// doing is what kustomize was about when the cause turned up.
var doing = regexp.MustCompile(`(?:accumulating resources|accumulating components|accumulateDirectory|recursed accumulation of path '[^']*'|` +
	`accumulation err='.*?must resolve to a file'|accumulating resources from '[^']*'): "?|"$`)
