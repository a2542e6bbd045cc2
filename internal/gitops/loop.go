package gitops

import (
	"encoding/json"
	"fmt"
	"strings"
)

// OwnPush tells whether a push brought nothing but what this tool has committed, merged or not. A push with the job's
// own token starts no workflow (https://docs.github.com/actions/concepts/security/github_token), but one with an app's
// token does, and so does a merged pull request: to deploy that again would commit a new SHA, and so on for ever.
//
// Event is the payload of the push, as the runner keeps it in GITHUB_EVENT_PATH.
func OwnPush(event []byte) (bool, error) {
	var push struct {
		Commits []struct{ Message string }
	}
	if err := json.Unmarshal(event, &push); err != nil {
		return false, fmt.Errorf("reading the payload of the push that started this run: %w", err)
	}
	own := false
	for _, c := range push.Commits {
		_, marked := ParseMark(c.Message)
		if !marked && !isMerge(c.Message) {
			return false, nil
		}
		own = own || marked
	}
	return own, nil
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
