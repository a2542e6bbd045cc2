package gitops

import (
	"cmp"
	"encoding/json"
	"testing"
)

func TestEvent_push_claims_to_be_ours(t *testing.T) {
	const (
		ours    = "Deploy v2 to deploy\n\napp: v1 -> v2\n\nMultiarch-Deploy: run=7 revision=4f2a9c1"
		merge   = "Merge pull request #5 from octo-org/multiarch-deploy/deploy\n\nDeploy v2 to deploy"
		update  = "Merge branch 'main' into multiarch-deploy/deploy"
		authors = ours + "\n\n---------\n\nCo-authored-by: octocat <octocat@users.noreply.github.com>\n"
		inside  = "Sell more (#6)\n\n* Deploy v2 to deploy\n\nMultiarch-Deploy: run=7 revision=4f2a9c1\n\n* Sell more\n"
		squash  = "Deploy v2 to deploy (#5)\n\n* Deploy v2 to deploy\n\n  Multiarch-Deploy: run=7 revision=4f2a9c1\r\n"
		theirs  = "Sell more"
		quoted  = "Explain the trailer Multiarch-Deploy: run=7 revision=4f2a9c1 of deploys"
	)
	for _, test := range []struct {
		name     string
		ref      string // "" is main
		flag     string // of the payload
		messages []string
		want     bool
	}{
		{"ours", "", "", []string{ours}, true},
		{"ours_merged", "", "", []string{ours, merge}, true},
		{"ours_merged_after_an_update", "", "", []string{ours, update, merge}, true},
		{"ours_squashed", "", "", []string{squash}, true},
		{"ours_squashed_with_others_inside", "", "", []string{inside}, false},
		{"ours_squashed_with_authors", "", "", []string{authors}, true},
		{"ours_and_another", "", "", []string{ours, theirs}, false},
		{"another_and_ours", "", "", []string{theirs, ours}, false},
		{"another", "", "", []string{theirs}, false},
		{"a_merge_of_another", "", "", []string{theirs, merge}, false},
		{"a_merge_alone", "", "", []string{merge}, false},
		{"one_that_speaks_of_the_mark", "", "", []string{quoted}, false},
		{"a_branch_for_ours", "refs/heads/multiarch-deploy/shop", "created", []string{ours}, true},
		{"a_branch_for_another", "refs/heads/feature", "created", []string{theirs}, false},
		{"a_branch_made_anew_for_ours", "refs/heads/multiarch-deploy/shop", "forced", []string{theirs, ours}, true},
		{"a_branch_made_anew_for_another", "refs/heads/feature", "forced", []string{ours, theirs}, false},
		{"a_workshop", "refs/heads/multiarch-deploy-run/7-shop", "created", []string{theirs}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			commits := []map[string]string{}
			for _, message := range test.messages {
				commits = append(commits, map[string]string{"message": message})
			}
			event, err := json.Marshal(map[string]any{
				"ref": cmp.Or(test.ref, "refs/heads/main"), "commits": commits, "head_commit": commits[len(commits)-1],
				"created": test.flag == "created", "forced": test.flag == "forced",
			})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := (Event{Name: "push", Payload: event}).claimed(); got != test.want || err != nil {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	if _, err := (Event{Name: "push", Payload: []byte("{")}).claimed(); err == nil {
		t.Error("a payload that is broken is no error")
	}
}

func TestEvent_of_other_kinds_claims_to_be_ours(t *testing.T) {
	mark := "Deploy v2\\n\\nMultiarch-Deploy: run=7 revision=4f2a9c1"
	for _, test := range []struct {
		name, event, payload string
		want                 bool
	}{
		{"after_a_build_of_ours", "workflow_run", `{"workflow_run": {"head_commit": {"message": "` + mark + `"}}}`, true},
		{"after_a_build_of_another", "workflow_run", `{"workflow_run": {"head_commit": {"message": "Sell more"}}}`, false},
		{"our_pull_request", "pull_request", `{"pull_request": {"body": "` + mark + `", "commits": 1}}`, true},
		{"our_pull_request_with_a_person_s_commit", "pull_request", `{"pull_request": {"body": "` + mark +
			`", "commits": 2}}`, false},
		{"another_pull_request", "pull_request", `{"pull_request": {"body": null, "commits": 1}}`, false},
		{"by_hand", "workflow_dispatch", `{"inputs": {"head_commit": {"message": "` + mark + `"}}}`, false},
		{"no_payload", "schedule", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, err := (Event{Name: test.event, Payload: []byte(test.payload)}).claimed(); got != test.want || err != nil {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func (e Event) claimed() (bool, error) {
	_, claimed, err := e.change()
	return claimed, err
}
