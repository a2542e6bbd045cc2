package gitops_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/github"
)

func TestCommit_is_one_commit_of_the_one_file(t *testing.T) {
	w := newWorld(t)
	before := w.repository.Head("main")
	result, err := gitops.Commit(t.Context(), w.options(t, 7, "v2"))
	if err != nil {
		t.Fatal(err)
	}
	head := w.repository.Head("main")
	want := github.Commit{
		SHA:     result.SHA,
		Parents: []string{before.SHA},
		Message: "Deploy v2 to deploy\n\napp: v1 -> v2\n\nMultiarch-Deploy: run=7 revision=" + revision,
		Author:  "github-actions[bot]",
		Files:   map[string]string{path: "app=v2\nreplicas=2\n", "README.md": "Shop\n"},
	}
	if diff := cmp.Diff(want, *head); diff != "" {
		t.Error(diff)
	}
	if want := "https://github.com/octo-org/shop/commit/" + head.SHA; result.URL != want || result.PullRequest != "" {
		t.Errorf("result %+v, want the URL %s", result, want)
	}
	if started := w.repository.Started(); len(started) > 1 { // the first is that of the test itself
		t.Errorf("a push with the job's own token starts no workflow, got %+v", started)
	}
}

// What others do to the branch in the last moment, and what becomes of the commit.
func TestCommit_when_the_branch_moves(t *testing.T) {
	deploy := func(run, image string) string {
		return "Deploy\n\nNote: this\n\n" + image + "\n\nMultiarch-Deploy: run=" + run + " revision=abc"
	}
	for _, test := range []struct {
		name, message, content string
		want, err              string
		later                  bool
	}{
		{"another_line_is_kept", "Scale", "app=v1\nreplicas=5\n", "app=v2\nreplicas=5\n", "", false},
		{"an_older_deploy_is_followed", deploy("6", "app: v1 -> v0"), "app=v0\nreplicas=2\n", "app=v2\nreplicas=2\n", "",
			false},
		{"a_later_deploy_stays", deploy("8", "web: w1\napp: v1 -> v3"), "app=v3\nreplicas=2\n", "app=v3\nreplicas=2\n", "",
			true},
		{"a_later_deploy_of_another_image_is_followed", deploy("8", "web: w1 -> w2"), "app=v1\nreplicas=9\n",
			"app=v2\nreplicas=9\n", "", false},
		{"a_person_s_image_stays", "Pin", "app=v9\nreplicas=2\n", "app=v9\nreplicas=2\n",
			`editing the file on branch main of octo-org/shop: image app was set to "v9" there after this run began, which would set it to "v2"; ` +
				`see https://github.com/octo-org/shop/commit/SHA, and run the workflow again on the branch as it is now, if that is what you want`, false},
		{"a_person_did_the_same", "Bump", "app=v2\nreplicas=2\n", "app=v2\nreplicas=2\n", "", false},
		{"the_file_is_broken", "Break", "nothing\n", "nothing\n", "editing the file on branch main of octo-org/shop: there " +
			"is no app in it", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			moved := "no commit"
			w.hub.Before("createCommitOnBranch", func() {
				moved = w.repository.Commit("main", test.message, map[string]string{path: test.content}).After
			})
			result, err := gitops.Commit(t.Context(), w.options(t, 7, "v2"))
			text := ""
			if err != nil {
				text = strings.ReplaceAll(err.Error(), moved, "SHA")
			}
			if diff := cmp.Diff([]string{test.want, test.err},
				[]string{w.repository.Head("main").Files[path], text}); diff != "" {
				t.Error(diff)
			}
			if later := result.Later != ""; later != test.later {
				t.Errorf("result %+v", result)
			}
			if made := test.want != test.content; (result.SHA != "") != made {
				t.Errorf("result %+v for a commit that was made: %v", result, made)
			}
		})
	}
}

func TestCommit_gives_up_on_a_branch_that_never_rests(t *testing.T) {
	w := newWorld(t)
	for range 5 {
		w.hub.Before("createCommitOnBranch", func() {
			w.repository.Commit("main", "Write", map[string]string{"README.md": w.repository.Head("main").SHA})
		})
	}
	_, err := gitops.Commit(t.Context(), w.options(t, 7, "v2"))
	want := "committing to branch main of octo-org/shop: the branch moved 5 times while this was tried; " +
		"let fewer jobs commit to it at once, with a concurrency group, or set commit to pull-request"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestCommit_does_nothing_where_nothing_is_to_do(t *testing.T) {
	w := newWorld(t)
	result, err := gitops.Commit(t.Context(), w.options(t, 7, "v1"))
	if err != nil || result != (gitops.Result{}) {
		t.Errorf("%+v, %v", result, err)
	}
	if wrote := slices.Contains(w.hub.Requests(), "createCommitOnBranch"); wrote {
		t.Error("it asked for a commit")
	}
}

// A commit whose answer is lost is found again, and not made twice.
func TestCommit_survives_a_bad_gateway(t *testing.T) {
	w := newWorld(t)
	before := w.repository.Head("main").SHA
	w.hub.Lose("createCommitOnBranch")
	result, err := gitops.Commit(t.Context(), w.options(t, 7, "v2"))
	if head := w.repository.Head("main"); err != nil || result.SHA != head.SHA || head.Parents[0] != before {
		t.Errorf("%+v, %v; want the commit %+v, on top of %s", result, err, head, before)
	}
}

func TestCommit_slows_down_when_GitHub_asks_for_it(t *testing.T) {
	w := newWorld(t)
	w.hub.Answer("createCommitOnBranch", func(answer http.ResponseWriter) {
		answer.Header().Set("Retry-After", "1")
		answer.WriteHeader(http.StatusForbidden)
		_, _ = answer.Write([]byte(`{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`))
	})
	if _, err := gitops.Commit(t.Context(), w.options(t, 7, "v2")); err != nil {
		t.Error(err)
	}
}
