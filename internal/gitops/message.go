package gitops

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

// branch is the name of the pull request's branch.
func (o Options) branch() string { return o.Branch.ExpandBranch(o.Fields) }

// ExpandBranch fills in the placeholders of the name of a branch. A folder's slashes become dashes: git can't have a
// branch and another one "below" it.
func (t Template) ExpandBranch(fields Fields) string {
	fields.Kustomization = strings.ReplaceAll(fields.Kustomization, "/", "-")
	return branchName(t.Expand(fields))
}

// branchName leaves out what git refuses in the name of a branch: https://git-scm.com/docs/git-check-ref-format
func branchName(text string) string {
	name := unfit.ReplaceAllString(text, "-")
	name = strings.ReplaceAll(slashes.ReplaceAllString(name, "/"), ".lock/", "-lock/")
	return strings.TrimSuffix(strings.Trim(name, "/."), ".lock")
}

var (
	unfit   = regexp.MustCompile(`[\x00-\x20\x7f~^:?*\[\\]+|\.\.+|@\{`)
	slashes = regexp.MustCompile(`\.?/[/.]*`)
)

// message is a commit message: its first line, and the rest.
type message struct{ headline, body string }

// message is the one that was asked for, what changes, and the mark.
func (o Options) message(changes []Change) message {
	headline, body, _ := strings.Cut(strings.TrimSpace(o.Message.Expand(o.Fields)), "\n")
	var parts []string
	if body = strings.TrimSpace(body); body != "" {
		parts = append(parts, body)
	}
	var lines []string
	for _, c := range changes {
		lines = append(lines, c.String())
	}
	parts = append(parts, strings.Join(lines, "\n"), o.Mark.String())
	return message{headline, strings.Join(parts, "\n\n")}
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

// body is the text of the pull request. It ends with the mark, which a squashed merge may take from here.
func (o Options) body(changes []Change) string {
	var text strings.Builder
	text.WriteString("| image | before | after |\n| --- | --- | --- |\n")
	for _, c := range changes {
		fmt.Fprintf(&text, "| `%s` | %s | `%s` |\n", c.Name, code(c.Before), c.After)
	}
	if text.Len()+len(o.Details) < bodyLimit {
		fmt.Fprintf(&text, "\n%s", o.Details)
	}
	fmt.Fprintf(&text, "\n%s\n", o.Mark)
	return text.String()
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
