package githubapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// mutation makes one commit with one parent, which GitHub signs, and moves the branch to it. It refuses when the branch
// points elsewhere: https://docs.github.com/graphql/reference/commits#createcommitonbranch
const mutation = `mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid url } } }`

// The variables of the mutation. []byte becomes base64 in JSON, as the API wants it.
type (
	commitInput struct {
		Branch          branchInput `json:"branch"`
		Message         textInput   `json:"message"`
		FileChanges     Files       `json:"fileChanges"`
		ExpectedHeadOid string      `json:"expectedHeadOid"`
	}
	branchInput struct {
		Repository string `json:"repositoryNameWithOwner"`
		Branch     string `json:"branchName"`
	}
	textInput struct {
		Headline string `json:"headline"`
		Body     string `json:"body"`
	}
)

// Files are what a commit changes, whole files each.
type Files struct {
	Additions []Addition `json:"additions,omitempty"`
	Deletions []Deletion `json:"deletions,omitempty"`
}

// Addition is a file that is new, or gets another content.
type Addition struct {
	Path     string `json:"path"`
	Contents []byte `json:"contents"`
}

// Deletion is a file that goes.
type Deletion struct {
	Path string `json:"path"`
}

// graphError is an error in an answer of the GraphQL API, which has the status 200 all the same.
type graphError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// Error is GitHub's own text, on one line.
func (e *graphError) Error() string { return strings.Join(strings.Fields(e.Message), " ") }

// IsMoved reports that the branch does not point to the expected commit any more.
func IsMoved(err error) bool {
	var refused *graphError
	return errors.As(err, &refused) && refused.Type == "STALE_DATA"
}

// Commit commits files to a branch that points to head. Where it points elsewhere, IsMoved is
// true of the error.
func (r *Repository) Commit(ctx context.Context, branch, head, headline, body string, files Files) (Entry, error) {
	input := commitInput{
		Branch:          branchInput{r.repository, branch},
		Message:         textInput{headline, body},
		FileChanges:     files,
		ExpectedHeadOid: head,
	}
	request, err := r.client.NewRequest(ctx, http.MethodPost, r.server.GraphQL,
		map[string]any{"query": mutation, "variables": map[string]any{"input": input}})
	if err != nil {
		return Entry{}, r.explain("committing to branch "+branch, err)
	}
	var answer struct {
		Data struct {
			CreateCommitOnBranch struct {
				Commit struct{ OID, URL string }
			}
		}
		Errors []*graphError
	}
	_, err = r.client.Do(request, &answer)
	if err == nil && len(answer.Errors) > 0 {
		err = answer.Errors[0]
	}
	if err != nil {
		return Entry{}, r.explain("committing to branch "+branch, err)
	}
	made := answer.Data.CreateCommitOnBranch.Commit
	return Entry{SHA: made.OID, URL: made.URL}, nil
}
