package github_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/github"
)

const pullNumber = 7

// TestComment shows the plan in the pull request that started the run, in one comment that later runs update.
func TestComment(t *testing.T) {
	cluster := startCluster(t)
	cloud := cloudtest.Start(t)
	hub := github.Start(t, cloud)
	var more strings.Builder
	for i := range 20 {
		app := strings.ReplaceAll(files["deploy/app.yaml"], "{name: app}", fmt.Sprintf("{name: app-%d}", i))
		more.WriteString("---\n" + app)
	}
	repository := hub.Repository(shop, files)
	j := &job{cloud: cloud, hub: hub, registry: cluster.Registry,
		env: map[string]string{"GITHUB_EVENT_NAME": "pull_request"}}
	token := func(mayComment bool) string {
		return hub.Issue(github.Token{Repository: shop, PullRequests: mayComment})
	}
	inputs := map[string]string{"command": "plan", "comment": "true", "kubeconfig": cluster.Kubeconfig,
		"github-token": token(true)}
	plan := func(said string) result {
		head := repository.Head("main").SHA
		push := github.Push{Ref: "refs/pull/7/merge", After: head, PullRequest: &github.PullRequest{Number: pullNumber}}
		got := j.deploy(t, repository, push, inputs)
		if got.status != 0 || !strings.Contains(got.log, said) {
			t.Fatalf("status %d, want 0 and %q", got.status, said)
		}
		return got
	}
	for i := range 120 { // it is on the second page then
		repository.Comment(pullNumber, "octocat", "MEMBER", fmt.Sprintf("Remark %d", i))
	}
	first := plan("commented: https://github.com/octo-org/shop/pull/7#issuecomment-121")
	shown := ours(repository)
	if len(shown) != 1 {
		t.Fatalf("%d comments", len(shown))
	}
	t.Log(shown[0].Body)
	for _, want := range []string{"<details>", "Deployment default/app", "A plan: nothing was applied"} {
		if !strings.Contains(shown[0].Body, want) {
			t.Errorf("the comment says no %q", want)
		}
	}
	summary := read(t, filepath.Join(first.workspace, first.outputs["summary"]))
	if !strings.Contains(summary, "default/app") {
		t.Errorf("the output summary leads to %q", summary)
	}

	mark, _, _ := strings.Cut(shown[0].Body, "\n")
	repository.Comment(pullNumber, "mallory", "NONE", mark+"\nAll is well")
	repository.Commit("main", "Sell more", map[string]string{"deploy/app.yaml": files["deploy/app.yaml"] + more.String()})
	plan("commented: https://github.com/octo-org/shop/pull/7#issuecomment-121")
	updated := ours(repository)
	if len(updated) != 1 || updated[0].ID != shown[0].ID || !strings.Contains(updated[0].Body, "21 created") {
		t.Errorf("%d comments: %+v", len(updated), updated)
	}
	inputs = maps.Clone(inputs)
	inputs["github-token"] = token(false)
	plan("the job needs `permissions: pull-requests: write`")
}

// ours are the comments of the job.
func ours(r *github.Repository) (list []github.Comment) {
	for _, c := range r.Comments(pullNumber) {
		if c.User.Type == "Bot" {
			list = append(list, c)
		}
	}
	return list
}
