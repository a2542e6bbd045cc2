package gitops_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/github"
)

const branch = "multiarch-deploy/deploy"

func TestPullRequest_is_opened_and_brought_up_to_date(t *testing.T) {
	w := newWorld(t)
	first := propose(t, w, w.options(t, 7, "v2"))
	base := w.repository.Commit("main", "Scale", map[string]string{path: "app=v1\nreplicas=5\n"}).After
	second := propose(t, w, w.options(t, 8, "v3"))

	if first.PullRequest != second.PullRequest || first.SHA == second.SHA {
		t.Errorf("first %+v, second %+v: want one pull request and two commits", first, second)
	}
	want := []github.Pull{{
		Number: 1, State: "open", Title: "Deploy v3 to deploy", URL: "https://github.com/octo-org/shop/pull/1",
		Body: "| image | before | after |\n| --- | --- | --- |\n| `app` | `v1` | `v3` |\n\n\nThe " +
			"details.\n\nMultiarch-Deploy: run=8 revision=" + revision + "\n",
		Head: github.Ref{Ref: branch}, Base: github.Ref{Ref: "main"},
	}}
	if diff := cmp.Diff(want, w.repository.Pulls()); diff != "" {
		t.Error(diff)
	}
	head := w.repository.Head(branch)
	got := []any{head.SHA, head.Parents, head.Files[path], w.repository.Branches(), w.repository.Head("main").SHA}
	if diff := cmp.Diff([]any{second.SHA, []string{base}, "app=v3\nreplicas=5\n", []string{"main", branch}, base},
		got); diff != "" {
		t.Errorf("one commit on top of the new base, and nothing left behind:\n%s", diff)
	}
}

func TestPullRequest_that_is_up_to_date_is_left_alone(t *testing.T) {
	w := newWorld(t)
	first := propose(t, w, w.options(t, 7, "v2"))
	asked := len(w.hub.Requests())
	second := propose(t, w, w.options(t, 7, "v2"))
	if first != second {
		t.Errorf("first %+v, second %+v", first, second)
	}
	for _, request := range w.hub.Requests()[asked:] {
		if request[:3] != "GET" {
			t.Errorf("it asked for %s", request)
		}
	}
}

func TestPullRequest_of_what_is_there_is_none(t *testing.T) {
	w := newWorld(t)
	if result := propose(t, w, w.options(t, 7, "v1")); result != (gitops.Result{}) || len(w.repository.Branches()) != 1 {
		t.Errorf("%+v, branches %v", result, w.repository.Branches())
	}
}

func TestPullRequest_of_a_later_deploy_stays(t *testing.T) {
	w := newWorld(t)
	later := propose(t, w, w.options(t, 8, "v3"))
	if result := propose(t, w, w.options(t, 7, "v2")); result.Later != later.URL ||
		w.repository.Head(branch).SHA != later.SHA {
		t.Errorf("%+v, want the later one %+v", result, later)
	}
}

// A person may have pushed a correction to the branch: it is not thrown away.
func TestPullRequest_branch_with_someone_s_commit_stays(t *testing.T) {
	w := newWorld(t)
	propose(t, w, w.options(t, 7, "v2"))
	correction := w.repository.Commit(branch, "Correct", map[string]string{"README.md": "The shop\n"}).After
	sha := w.repository.Commit(branch, "Merge branch 'main' into "+branch,
		map[string]string{"README.md": "Our shop\n"}).After
	_, err := gitops.PullRequest(t.Context(), w.options(t, 8, "v3"))
	want := "branch multiarch-deploy/deploy of octo-org/shop contains changes that are not of this tool, see " +
		"https://github.com/octo-org/shop/commit/" + correction +
		"; merge or delete the branch, or name another in pull-request-branch"
	if err == nil || err.Error() != want || w.repository.Head(branch).SHA != sha {
		t.Errorf("got %v", err)
	}
}

// Two workflows may deploy an image each of one kustomization, and forget to give their pull requests branches of
// their own.
func TestPullRequest_of_another_image_stays_until_it_is_closed(t *testing.T) {
	w := newWorld(t)
	first := propose(t, w, w.options(t, 7, "v2"))
	opts := w.options(t, 8, "v3")
	opts.Images = []string{"web"}
	_, err := gitops.PullRequest(t.Context(), opts)
	want := "pull request https://github.com/octo-org/shop/pull/1 is another deploy's, that of image app; merge it " +
		"first, or give each deploy a branch of its own with pull-request-branch"
	if err == nil || err.Error() != want || w.repository.Head(branch).SHA != first.SHA {
		t.Errorf("got %v", err)
	}
	w.repository.Merge(1, github.MergeCommit)
	if second := propose(t, w, opts); second.PullRequest != "https://github.com/octo-org/shop/pull/2" {
		t.Errorf("%+v", second)
	}
}

// The button "Update branch" makes a merge on the branch, which holds nothing of its own.
func TestPullRequest_branch_that_was_updated_is_made_anew(t *testing.T) {
	w := newWorld(t)
	propose(t, w, w.options(t, 7, "v2"))
	w.repository.Commit("main", "Write", map[string]string{"README.md": "The shop\n"})
	w.repository.Update(1)
	result := propose(t, w, w.options(t, 8, "v3"))
	if head := w.repository.Head(branch); head.SHA != result.SHA || head.Files[path] != "app=v3\nreplicas=2\n" {
		t.Errorf("the branch holds %+v", head)
	}
}

// What a person adds to the branch is not lost, whatever its message says.
func TestPullRequest_branch_with_changes_of_a_person_is_left_alone(t *testing.T) {
	for name, message := range map[string]string{
		"named_like_a_merge": "Merge branch 'main' into " + branch,
		"with_the_mark":      "Sell more\n\napp: v1 -> v2\n\nMultiarch-Deploy: run=7 revision=" + revision,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			propose(t, w, w.options(t, 7, "v2"))
			theirs := w.repository.Commit(branch, message, map[string]string{"README.md": "The shop\n"}).After
			_, err := gitops.PullRequest(t.Context(), w.options(t, 8, "v3"))
			want := "branch multiarch-deploy/deploy of octo-org/shop contains changes that are not of this tool, see " +
				"https://github.com/octo-org/shop/commit/" + theirs
			if err == nil || !strings.HasPrefix(err.Error(), want) || w.repository.Head(branch).SHA != theirs {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestPullRequest_survives_lost_answers(t *testing.T) {
	w := newWorld(t)
	for _, request := range []string{"POST ref", "createCommitOnBranch", "POST ref", "POST ref", "POST pulls"} {
		w.hub.Lose(request)
	}
	result := propose(t, w, w.options(t, 7, "v2"))
	if pulls := w.repository.Pulls(); len(pulls) != 1 || pulls[0].State != "open" || result.PullRequest != pulls[0].URL {
		t.Errorf("%+v, pull requests %+v", result, pulls)
	}
}

// Two jobs may find no pull request at the same time. The second one takes the first one's.
func TestPullRequest_that_another_job_has_opened_is_taken(t *testing.T) {
	w := newWorld(t)
	opts := w.options(t, 7, "v2")
	w.hub.Before("POST pulls", func() {
		other := opts
		other.Details = "Another job's.\n"
		propose(t, w, other)
	})
	result := propose(t, w, opts)
	pulls := w.repository.Pulls()
	if len(pulls) != 1 || pulls[0].URL != result.PullRequest || !slices.Contains(w.hub.Requests(), "PATCH pulls") {
		t.Errorf("%+v, pull requests %+v", result, pulls)
	}
}

func propose(t *testing.T, w world, opts gitops.Options) gitops.Result {
	t.Helper()
	result, err := gitops.PullRequest(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return result
}
