package github

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"strings"
)

// commitInput is CreateCommitOnBranchInput, as far as it is used:
// https://docs.github.com/graphql/reference/commits#createcommitonbranchinput
type commitInput struct {
	Branch struct {
		RepositoryNameWithOwner string
		BranchName              string
	}
	Message struct {
		Headline string
		Body     string
	}
	FileChanges struct {
		Additions []struct{ Path, Contents string }
		Deletions []struct{ Path string }
	}
	ExpectedHeadOid string
}

// shape is what this stand-in understands of GraphQL: one mutation with its input in a variable.
var shape = regexp.MustCompile(`^mutation\s*\(\$input: CreateCommitOnBranchInput!\) \{ createCommitOnBranch\(input: \$input\) \{ commit \{ oid url \} \} \}$`)

// mutate serves createCommitOnBranch. GraphQL refuses with the status 200.
func (h *Hub) mutate(w http.ResponseWriter, r *http.Request, token Token) {
	var body struct {
		Query     string
		Variables struct{ Input commitInput }
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		refuseQuery(w, "", "Variable $input of type CreateCommitOnBranchInput! was provided invalid value: "+err.Error())
		return
	}
	if !shape.MatchString(body.Query) {
		refuseQuery(w, "", "Parse error on "+body.Query)
		return
	}
	if w = h.interrupt(w, "createCommitOnBranch"); w == nil {
		return
	}
	input := body.Variables.Input
	repository := h.seen(input.Branch.RepositoryNameWithOwner, token)
	if repository == nil {
		refuseQuery(w, "NOT_FOUND",
			"Could not resolve to a Repository with the name '"+input.Branch.RepositoryNameWithOwner+"'.")
		return
	}
	repository.mu.Lock()
	defer repository.mu.Unlock()
	changes, kind, message := repository.check(input, token)
	if message != "" {
		refuseQuery(w, kind, message)
		return
	}
	made := repository.add(input.ExpectedHeadOid, join(input.Message.Headline, input.Message.Body), author(token),
		changes)
	repository.pushBy(token, branchOf(input), made.SHA)
	commit := map[string]string{"oid": made.SHA, "url": repository.url("commit/%s", made.SHA)}
	created := map[string]any{"createCommitOnBranch": map[string]any{"commit": commit}}
	reply(w, http.StatusOK, map[string]any{"data": created})
}

// check returns what becomes of which file, or why the commit is refused: in the words that users of the API report,
// such as
// https://github.com/ministryofjustice/modernisation-platform/issues/11985 for the head that has moved,
// https://github.com/Thinkmill/keystatic/issues/1598 for the two kinds of protection, and
// https://github.com/actions-automation/manage-your-labels/issues/4 for the archive.
func (r *Repository) check(input commitInput, token Token) (changes fileChanges, kind, message string) {
	branch := branchOf(input)
	head, ok := r.refs[branch]
	switch {
	case !token.Contents:
		return changes, "FORBIDDEN", "Resource not accessible by integration"
	case r.Archived:
		return changes, "UNPROCESSABLE", "Repository was archived so is read-only"
	case !ok:
		return changes, "NOT_FOUND", "Could not resolve to a Ref with the name '" + branch + "'."
	case r.Protected[branch] == Classic:
		return changes, "BRANCH_PROTECTION_RULE_VIOLATION", "Changes must be made through a pull request."
	case r.Protected[branch] == Ruleset:
		return changes, "UNPROCESSABLE", "Repository rule violations found\n\nChanges must be made through a pull " +
			"request.\n\n"
	case input.ExpectedHeadOid != head:
		return changes, "STALE_DATA", "Expected branch to point to \"" + input.ExpectedHeadOid +
			"\" but it did not.  Pull and try again."
	case strings.TrimSpace(input.Message.Headline) == "" || strings.Contains(input.Message.Headline, "\n"):
		return changes, "UNPROCESSABLE", "A commit message headline is required, in one line."
	case len(input.FileChanges.Additions)+len(input.FileChanges.Deletions) == 0:
		return changes, "UNPROCESSABLE", "No file changes were given."
	}
	return r.changes(input)
}

// changes reads the files of an input. A deletion of a file that is not there is refused.
func (r *Repository) changes(input commitInput) (changes fileChanges, kind, message string) {
	changes.added = map[string]string{}
	for _, file := range input.FileChanges.Additions {
		content, err := base64.StdEncoding.DecodeString(file.Contents)
		if err != nil || path.IsAbs(file.Path) || path.Clean(file.Path) != file.Path {
			return changes, "UNPROCESSABLE", "The file " + file.Path +
				" has a malformed path, or contents that are not base64."
		}
		changes.added[file.Path] = string(content)
	}
	for _, file := range input.FileChanges.Deletions {
		if _, ok := r.commits[input.ExpectedHeadOid].Files[file.Path]; !ok {
			return changes, "NOT_FOUND", "A path was requested for deletion which does not exist as of commit oid `" +
				input.ExpectedHeadOid + "`"
		}
		changes.removed = append(changes.removed, file.Path)
	}
	return changes, "", ""
}

func branchOf(input commitInput) string {
	return strings.TrimPrefix(input.Branch.BranchName, "refs/heads/")
}

func join(headline, body string) string {
	if body == "" {
		return headline
	}
	return headline + "\n\n" + body
}

// author is the owner of the token, whatever was asked for.
func author(token Token) string {
	if token.App {
		return "deployer[bot]"
	}
	return "github-actions[bot]"
}

func refuseQuery(w http.ResponseWriter, kind, message string) {
	problem := map[string]any{"path": []string{"createCommitOnBranch"},
		"locations": []map[string]int{{"line": 1, "column": 48}}, "message": message}
	if kind != "" {
		problem["type"] = kind
	}
	reply(w, http.StatusOK, map[string]any{"data": map[string]any{"createCommitOnBranch": nil}, "errors": []any{problem}})
}
