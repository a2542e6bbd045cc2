// Package archpatches owns the file arch-patches.yaml beside a kustomization: one patch per workload, each below a
// comment that says why it is there and when it may go. The command fix writes the file whole, and changes no other.
package archpatches

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"
)

// FileName is what the file is called, beside the kustomization.
const FileName = "arch-patches.yaml"

// Patch is one patch of the file.
type Patch struct {
	Target
	// Comment and Document are its text: lines that begin with "#", and a YAML document, both with their final line break.
	Comment, Document string
}

// Target is the object that a patch names.
type Target struct{ APIVersion, Kind, Namespace, Name string }

// String is the target as messages name it.
func (t Target) String() string {
	if t.Namespace == "" {
		return t.Kind + " " + t.Name
	}
	return t.Kind + " " + t.Namespace + "/" + t.Name
}

// header begins the file. By its first line the file is known.
const header = mark + `.
# Run that again after a change of images, manifests or node pools: it writes this file anew, and what is edited here by
# hand is lost. A list in a patch, such as tolerations, replaces the one of the manifest.
`

const mark = "# Made by `multiarch-deploy fix`"

// New returns a patch with a comment of these sentences. Document is the patch as YAML.
func New(document string, sentences []string) (Patch, error) {
	target, err := targetOf([]byte(document))
	return Patch{target, comment(sentences), strings.TrimSuffix(document, "\n") + "\n"}, err
}

// Reason is the comment as sentences.
func (p Patch) Reason() string {
	return strings.TrimSpace(strings.ReplaceAll(strings.TrimPrefix(p.Comment, "#"), "\n#", ""))
}

// With returns the patch with another one for the same object.
func (p Patch) With(other Patch) (Patch, error) {
	var a, b map[string]any
	if err := errors.Join(yaml.Unmarshal([]byte(p.Document), &a), yaml.Unmarshal([]byte(other.Document), &b)); err != nil {
		return p, err
	}
	merge(a, b)
	written, err := sigsyaml.Marshal(a)
	p.Comment, p.Document = p.Comment+other.Comment, string(written)
	return p, err
}

func merge(into, from map[string]any) {
	for key, value := range from {
		a, isMapA := into[key].(map[string]any)
		b, isMapB := value.(map[string]any)
		if isMapA && isMapB {
			merge(a, b)
		} else {
			into[key] = value
		}
	}
}

// In returns the patch for an object of another name and namespace, which may be "".
func (p Patch) In(namespace, name string) (Patch, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(p.Document), &doc); err != nil {
		return p, err
	}
	metadata := child(doc.Content[0], "metadata")
	metadata.Content = nil
	for _, pair := range [][2]string{{"name", name}, {"namespace", namespace}} {
		if pair[1] != "" {
			metadata.Content = append(metadata.Content, text(pair[0]), text(pair[1]))
		}
	}
	var written bytes.Buffer
	encoder := yaml.NewEncoder(&written)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(&doc), encoder.Close()); err != nil {
		return p, err
	}
	p.Namespace, p.Name, p.Document = namespace, name, written.String()
	return p, nil
}

func text(value string) *yaml.Node {
	node := &yaml.Node{}
	node.SetString(value)
	return node
}

// width is how long a line of a comment may be.
const width = 100

// comment sets sentences in lines of a comment, each on a new one.
func comment(sentences []string) string {
	var lines strings.Builder
	for _, sentence := range sentences {
		line := "#"
		for _, word := range strings.Fields(sentence) { // a line break in a name would end the comment
			if len(line)+1+len(word) > width && line != "#" {
				lines.WriteString(line + "\n")
				line = "#"
			}
			line += " " + word
		}
		lines.WriteString(line + "\n")
	}
	return lines.String()
}

// Format is the file with these patches, in the order of their targets; "" without any.
func Format(patches []Patch) string {
	if len(patches) == 0 {
		return ""
	}
	patches = slices.Clone(patches)
	slices.SortFunc(patches, func(a, b Patch) int { return compare(a.Target, b.Target) })
	file := header
	for i, p := range patches {
		if i > 0 {
			file += "---\n"
		} else {
			file += "\n"
		}
		file += p.Comment + p.Document
	}
	return file
}

func compare(a, b Target) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.APIVersion, b.APIVersion))
}

// Like is the text with the line breaks of another file: CRLF where that has them, as git leaves files on Windows.
func Like(other []byte, text string) []byte {
	if bytes.Contains(other, []byte("\r\n")) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return []byte(text)
}
