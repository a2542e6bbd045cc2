package githubapi

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/go-github/v89/github"
)

// refusal is one way in which GitHub says no, recognised in its text: the same text comes from the REST API and from
// the GraphQL API, whose statuses and types differ.
type refusal struct{ text, next string }

// refusals go from the most specific to the least.
var refusals = []refusal{
	{"not permitted to create or approve pull requests", "switch on \"Allow GitHub Actions to create and approve pull " +
		"requests\" under Settings > Actions > General, " +
		"in the organization first where it is off there, or give github-token the token of a GitHub App"},
	{"not accessible by integration", "the job's token may not do this; add to the job in the workflow file:\n\n    " +
		"permissions:\n      contents: write\n      pull-requests: write\n\n" +
		"(the last line with commit: pull-request only, and keep the job's other permissions). A run for a pull request " +
		"from a fork, or for Dependabot, never gets them: commit on pushes only"},
	{"not accessible by personal access token", "give the token of github-token the permissions \"Contents\" and, with " +
		"commit: pull-request, \"Pull requests\", both read and write"},
	{"must be made through a pull request", "set commit to pull-request; or let a GitHub App bypass the rule, and give " +
		"its token as github-token"},
	{"rule violations", "the rules of the repository forbid this; set commit to pull-request, choose a branch that " +
		"they allow, or let a GitHub App bypass them and give its token as github-token"},
	{"protected branch", "set commit to pull-request; or let a GitHub App bypass the protection, and give its token as " +
		"github-token"},
	{"reference update failed", "a rule of the repository forbids this name, or a branch is named like the part of it " +
		"before a slash; choose another in pull-request-branch"},
	{"archived so is read-only", "unarchive the repository, or set commit to none"},
	{"bad credentials", "the token of github-token has expired, was revoked or is incomplete; give ${{ github.token " +
		"}}, or a new one of a GitHub App"},
	{"saml enforcement", "authorize the token of github-token for the organization, or use a GitHub App that is " +
		"installed there"},
	{"rate limit", "GitHub has had too many requests with this token; run the job again later"},
	{"not found", unseen},
	{"could not resolve to a repository", unseen},
}

const unseen = "this token sees no such repository; the job's own token reaches the job's repository alone, and for " +
	"another one github-token must be the token of a GitHub App that is installed there"

// explain says what was being done, what GitHub says of it, and what to do about that. It returns nil for nil.
func (r *Repository) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s of %s: %w", doing, r.repository, plain(err))
	for _, known := range refusals {
		if strings.Contains(strings.ToLower(err.Error()), known.text) {
			return fmt.Errorf("%w; %s", err, known.next)
		}
	}
	if unreached := (*url.Error)(nil); errors.As(err, &unreached) {
		return fmt.Errorf("%w; check that this machine may connect to GitHub's API at that address, which is "+
			"GITHUB_API_URL's", err)
	}
	return err
}

// plain keeps what GitHub says, without the address and the status that go-github puts before it.
func plain(err error) error {
	var refused *github.ErrorResponse
	if !errors.As(err, &refused) || refused.Message == "" {
		return err
	}
	parts := []string{refused.Message}
	for _, e := range refused.Errors {
		if e.Message != "" {
			parts = append(parts, e.Message)
		}
	}
	return &answered{strings.Join(strings.Fields(strings.Join(parts, ": ")), " "), err}
}

// answered is an error with GitHub's text alone.
type answered struct {
	text  string
	cause error
}

// Error is GitHub's text.
func (e *answered) Error() string { return e.text }

// Unwrap returns the error that go-github made of it.
func (e *answered) Unwrap() error { return e.cause }
