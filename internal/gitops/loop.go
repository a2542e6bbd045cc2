package gitops

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// OwnEvent tells whether what started a run is nothing but what this tool has committed, merged or not. A push with the
// job's own token starts no workflow (https://docs.github.com/actions/concepts/security/github_token), but one with an
// app's token does, and so does a merged pull request: to deploy that again would commit a new SHA, and so on for ever.
//
// Name and payload are those of the event, as the runner has them in GITHUB_EVENT_NAME and GITHUB_EVENT_PATH:
// https://docs.github.com/webhooks/webhook-events-and-payloads
func OwnEvent(name string, payload []byte) (bool, error) {
	var e struct {
		push
		WorkflowRun struct {
			HeadCommit pushed `json:"head_commit"`
		} `json:"workflow_run"`
		PullRequest struct {
			Body    string
			Commits int
		} `json:"pull_request"`
	}
	if len(payload) == 0 {
		return false, nil
	}
	if err := json.Unmarshal(payload, &e); err != nil {
		return false, fmt.Errorf("reading the payload of the event that started this run: %w", err)
	}
	switch name {
	case "push":
		return e.ours(), nil
	case "workflow_run":
		return e.WorkflowRun.HeadCommit.ours(), nil
	case "pull_request", "pull_request_target":
		_, marked := ParseMark(e.PullRequest.Body)
		return marked && e.PullRequest.Commits == 1, nil // a second one is a person's
	}
	return false, nil
}

type push struct {
	Ref             string
	Created, Forced bool
	Commits         []pushed
	HeadCommit      pushed `json:"head_commit"`
}

// ours tells whether there is a commit of ours, and else nothing but merges.
func (p push) ours() bool {
	switch {
	case strings.HasPrefix(p.Ref, "refs/heads/"+workshop):
		return true
	case p.Created, p.Forced: // the commits may hold some of the branch that it starts from
		return p.HeadCommit.ours()
	}
	other := func(c pushed) bool { return !c.ours() && !isMerge(c.Message) }
	return slices.ContainsFunc(p.Commits, pushed.ours) && !slices.ContainsFunc(p.Commits, other)
}

type pushed struct{ Message string }

func (c pushed) ours() bool {
	_, marked := ParseMark(c.Message)
	return marked
}

// isMerge knows the messages that GitHub and git give to merges. The commits that were merged stand beside them.
func isMerge(message string) bool {
	for _, start := range []string{"Merge pull request #", "Merge branch '", "Merge remote-tracking branch '"} {
		if strings.HasPrefix(message, start) {
			return true
		}
	}
	return false
}
