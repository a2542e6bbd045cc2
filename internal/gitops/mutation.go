package gitops

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
		FileChanges     filesInput  `json:"fileChanges"`
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
	filesInput struct {
		Additions []fileInput `json:"additions,omitempty"`
		Deletions []pathInput `json:"deletions,omitempty"`
	}
	pathInput struct {
		Path string `json:"path"`
	}
	fileInput struct {
		Path     string `json:"path"`
		Contents []byte `json:"contents"`
	}
)

// graphError is an error in an answer of the GraphQL API, which has the status 200 all the same.
type graphError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// Error is GitHub's own text, on one line.
func (e *graphError) Error() string { return strings.Join(strings.Fields(e.Message), " ") }

// isMoved reports that the branch does not point to the expected commit any more.
func isMoved(err error) bool {
	var refused *graphError
	return errors.As(err, &refused) && refused.Type == "STALE_DATA"
}

// filesOf is what the draft changes.
func (r *repository) filesOf(d draft) filesInput {
	return filesInput{Additions: []fileInput{{r.Place.Path, d.edited}}}
}

// send commits files to a branch that points to head.
func (r *repository) send(ctx context.Context, branch, head string, text message, files filesInput) (Result, error) {
	input := commitInput{
		Branch:          branchInput{r.Place.Repository, branch},
		Message:         textInput{text.headline, text.body},
		FileChanges:     files,
		ExpectedHeadOid: head,
	}
	request, err := r.client.NewRequest(ctx, http.MethodPost, r.Server.GraphQL,
		map[string]any{"query": mutation, "variables": map[string]any{"input": input}})
	if err != nil {
		return Result{}, r.explain("committing to branch "+branch, err)
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
		return Result{}, r.explain("committing to branch "+branch, err)
	}
	made := answer.Data.CreateCommitOnBranch.Commit
	return Result{SHA: made.OID, URL: made.URL}, nil
}
