package gitops

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// OwnPush tells whether a push brought nothing but what this tool has committed, merged or not. A push with the job's
// own token starts no workflow (https://docs.github.com/actions/concepts/security/github_token), but one with an app's
// token does, and so does a merged pull request: to deploy that again would commit a new SHA, and so on for ever.
//
// Event is the payload of the push, as the runner keeps it in GITHUB_EVENT_PATH:
// https://docs.github.com/webhooks/webhook-events-and-payloads#push
func OwnPush(event []byte) (bool, error) {
	var p push
	if err := json.Unmarshal(event, &p); err != nil {
		return false, fmt.Errorf("reading the payload of the push that started this run: %w", err)
	}
	switch {
	case strings.HasPrefix(p.Ref, "refs/heads/"+workshop):
		return true, nil
	case p.Created, p.Forced: // the commits may hold some of the branch that it starts from
		return p.HeadCommit.ours(), nil
	}
	return p.ours(), nil
}

type push struct {
	Ref             string
	Created, Forced bool
	Commits         []pushed
	HeadCommit      pushed `json:"head_commit"`
}

type pushed struct{ Message string }

func (c pushed) ours() bool {
	_, marked := ParseMark(c.Message)
	return marked
}

// ours tells whether there is a commit of ours, and else nothing but merges.
func (p push) ours() bool {
	other := func(c pushed) bool { return !c.ours() && !isMerge(c.Message) }
	return slices.ContainsFunc(p.Commits, pushed.ours) && !slices.ContainsFunc(p.Commits, other)
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
