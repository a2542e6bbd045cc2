// Package message writes the messages of this tool's commits and the texts of its pull requests, and knows them again
// by their mark.
package message

import (
	"fmt"
	"regexp"
	"strings"
)

// Template is text with placeholders: {tag}, {revision}, {kustomization}, {branch}.
type Template string

// Fields are the values of the placeholders.
type Fields struct {
	// Tag is the tag of the first image, Revision the commit that is deployed.
	Tag, Revision string
	// Kustomization is its folder in the repository; at the root, the repository's name.
	Kustomization string
	// Branch is the branch that the edit is for.
	Branch string
}

// Expand fills in the placeholders.
func (t Template) Expand(f Fields) string {
	return strings.NewReplacer("{tag}", f.Tag, "{revision}", f.Revision, "{kustomization}", f.Kustomization, "{branch}",
		f.Branch).Replace(string(t))
}

// ExpandBranch fills in the placeholders of the name of a branch. A folder's slashes become dashes: git can't have a
// branch and another one "below" it.
func (t Template) ExpandBranch(fields Fields) string {
	fields.Kustomization = strings.ReplaceAll(fields.Kustomization, "/", "-")
	return BranchName(t.Expand(fields))
}

// BranchName leaves out what git refuses in the name of a branch: https://git-scm.com/docs/git-check-ref-format
func BranchName(text string) string {
	name := unfit.ReplaceAllString(text, "-")
	name = strings.ReplaceAll(slashes.ReplaceAllString(name, "/"), ".lock/", "-lock/")
	return strings.TrimSuffix(strings.Trim(name, "/."), ".lock")
}

var (
	unfit   = regexp.MustCompile(`[\x00-\x20\x7f~^:?*\[\\]+|\.\.+|@\{`)
	slashes = regexp.MustCompile(`\.?/[/.]*`)
)

// Message is a commit message: its first line, and the rest.
type Message struct{ Headline, Body string }

// New returns the message that was asked for, with what changes, and the mark.
func New(text Template, fields Fields, changes []Change, mark Mark) Message {
	headline, body, _ := strings.Cut(strings.TrimSpace(text.Expand(fields)), "\n")
	var parts []string
	if body = strings.TrimSpace(body); body != "" {
		parts = append(parts, body)
	}
	var lines []string
	for _, c := range changes {
		lines = append(lines, c.String())
	}
	parts = append(parts, strings.Join(lines, "\n"), mark.String())
	return Message{headline, strings.Join(parts, "\n\n")}
}

// Change is one image that an edit sets.
type Change struct {
	// Name is the image as the manifests have it.
	Name string
	// Before and After are references. Before is empty where the file did not name the image.
	Before, After string
}

// String is the change in words.
func (c Change) String() string {
	if c.Before == "" {
		return fmt.Sprintf("%s: %s", c.Name, c.After)
	}
	return fmt.Sprintf("%s: %s -> %s", c.Name, c.Before, c.After)
}

// bodyLimit stays below what GitHub takes as the text of a pull request: 65536 characters.
const bodyLimit = 60_000

// Body is the text of a pull request, with details in Markdown. It ends with the mark, which a squashed merge may take
// from here.
func Body(changes []Change, details string, mark Mark) string {
	var text strings.Builder
	text.WriteString("| image | before | after |\n| --- | --- | --- |\n")
	for _, c := range changes {
		fmt.Fprintf(&text, "| `%s` | %s | `%s` |\n", c.Name, code(c.Before), c.After)
	}
	if text.Len()+len(details) < bodyLimit {
		fmt.Fprintf(&text, "\n%s", details)
	}
	fmt.Fprintf(&text, "\n%s\n", mark)
	return text.String()
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
