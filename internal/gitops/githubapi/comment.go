package githubapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v89/github"
)

// commentLimit bounds all that a comment takes, waiting included.
const commentLimit = 10 * time.Minute

// commentPages bounds the search for the comment of an earlier run, at 100 comments per page.
const commentPages = 20

// Comment shows text in a pull request, in place of what an earlier run with the same key has shown there, and returns
// the comment's page.
func Comment(ctx context.Context, server Server, repository string, number int, key, text string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commentLimit)
	defer cancel()
	client, err := newClient(server)
	if err != nil {
		return "", err
	}
	owner, name, _ := strings.Cut(repository, "/")
	mark := fmt.Sprintf("<!-- multiarch-deploy %s -->\n", strings.ReplaceAll(key, "--", "-"))
	comment := &github.IssueComment{Body: github.Ptr(mark + text)}
	present, err := earlierComment(ctx, client, owner, name, number, mark)
	if err != nil {
		return "", commentError(number, err)
	}
	var shown *github.IssueComment
	if present != nil {
		shown, _, err = client.Issues.EditComment(ctx, owner, name, present.GetID(), comment)
	} else {
		shown, _, err = client.Issues.CreateComment(ctx, owner, name, number, comment)
	}
	if err != nil {
		return "", commentError(number, err)
	}
	return shown.GetHTMLURL(), nil
}

func commentError(number int, err error) error {
	return fmt.Errorf("commenting on pull request #%d: %w; the job needs `permissions: pull-requests: write`, "+
		"which pull requests from forks do not get", number, err)
}

// earlierComment is the comment that begins with the mark, or nil. Anyone can write such a comment, and change
// afterwards what it says, so only those of bots and of people who may write to the repository count.
func earlierComment(ctx context.Context, client *github.Client, owner, name string, number int,
	mark string) (*github.IssueComment, error) {
	opts := &github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: 100, Page: 1}}
	for range commentPages {
		comments, response, err := client.Issues.ListComments(ctx, owner, name, number, opts)
		if err != nil {
			return nil, err
		}
		for _, c := range comments {
			trusted := c.GetUser().GetType() == "Bot" ||
				slices.Contains([]string{"OWNER", "MEMBER", "COLLABORATOR"}, c.GetAuthorAssociation())
			if trusted && strings.HasPrefix(c.GetBody(), mark) {
				return c, nil
			}
		}
		if response.NextPage == 0 {
			break
		}
		opts.Page = response.NextPage
	}
	return nil, nil
}
