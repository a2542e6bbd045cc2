package explain

import (
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/yamlnode"
)

// Notice is what kustomize remarks about a file, in one sentence, and what to do about it.
type Notice struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
	Fix  string `json:"fix"`
}

var (
	deprecated = regexp.MustCompile(`^# Warning: '\w+' is deprecated\.`)
	unusedVars = regexp.MustCompile(`^well-defined vars that were never replaced: (.*)`)
	ownOption  = regexp.MustCompile(`^Warning: Sorting order is set both in`) // by the option of this program
	badVar     = regexp.MustCompile(`^MakePrimitiveReplacer: bad replacement`)
)

// Notices turns what kustomize printed into notices, each once. Deprecated fields are looked up in the files, since
// what is printed about them has no place.
func (e *Explainer) Notices(printed string) []Notice {
	found := e.deprecations()
	for line := range strings.Lines(printed) {
		line = strings.TrimSpace(line)
		n := Notice{File: e.path, Fix: "See it with `kustomize build " + e.dir + "`."}
		switch vars := unusedVars.FindStringSubmatch(line); {
		case line == "", deprecated.MatchString(line), ownOption.MatchString(line):
			continue
		case vars != nil:
			names := inOrder(vars[1])
			n = e.noticeAt(strings.Split(names, ",")[0])
			n.Text, n.Fix = "No manifest uses the vars "+names+".", "Remove them from vars, or write $(NAME) where their "+
				"values belong."
		case badVar.MatchString(line): // the rest is the value
			n.Text = "A var refers to a field that is no text or number, so it is not replaced."
		case e.quotesSecret(line):
			n.Text = "kustomize printed a line about a Secret, which is not shown."
		default:
			n.Text = "kustomize printed: " + line
		}
		if !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	return found
}

// noticeAt is a notice at the line of the value in a kustomization.
func (e *Explainer) noticeAt(value string) Notice {
	for _, file := range e.files.Kustomizations {
		for _, doc := range yamlnode.Documents(file.Content) {
			if lines := yamlnode.LinesOf(doc, value, ""); len(lines) > 0 {
				return Notice{File: file.Path, Line: lines[0]}
			}
		}
	}
	return Notice{File: e.path}
}

// replacedBy are the fields that kustomize calls deprecated, and what it says to use:
// https://pkg.go.dev/sigs.k8s.io/kustomize/api/types#Kustomization.CheckDeprecatedFields
var replacedBy = []struct{ field, by string }{
	{"bases", "resources"}, {"commonLabels", "labels"}, {"imageTags", "images"}, {"patchesJson6902", "patches"},
	{"patchesStrategicMerge", "patches"}, {"vars", "replacements"},
}

// deprecations are the deprecated fields of the kustomizations that were read.
func (e *Explainer) deprecations() []Notice {
	var found []Notice
	for _, file := range e.files.Kustomizations {
		var k types.Kustomization
		if k.Unmarshal(file.Content) != nil {
			continue
		}
		messages := k.CheckDeprecatedFields()
		if messages == nil || len(*messages) == 0 {
			continue
		}
		for _, field := range replacedBy {
			named := func(message string) bool { return strings.Contains(message, "'"+field.field+"'") }
			n := Notice{file.Path, yamlnode.FieldLine(file.Content, field.field), "The field " + field.field + " is deprecated.",
				"Use " + field.by + " in its place; `kustomize edit fix` changes it."}
			if slices.ContainsFunc(*messages, named) && !slices.Contains(found, n) {
				found = append(found, n)
			}
		}
	}
	return found
}

// inOrder sorts names between commas, which kustomize takes out of a map.
func inOrder(names string) string {
	list := strings.Split(names, ",")
	slices.Sort(list)
	return strings.Join(list, ",")
}
