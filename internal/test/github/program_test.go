package github_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/github"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// newJob is a job on github.com with a token of a GitHub App, whose pushes start workflows.
func newJob(t *testing.T) (*job, *github.Repository, string) {
	t.Helper()
	cloud := cloudtest.Start(t)
	hub := github.Start(t, cloud)
	repository := hub.Repository(shop, files)
	repository.Started()
	token := hub.Issue(github.Token{Repository: shop, Contents: true, PullRequests: true, App: true})
	return &job{cloud: cloud, hub: hub, registry: registry.Start(t, registry.Options{}).Host}, repository, token
}

func person(repository *github.Repository) github.Push {
	push := repository.Commit("main", "Sell more", map[string]string{"README.md": repository.Head("main").SHA})
	repository.Started()
	return push
}

// TestCommit_does_not_deploy_itself: the push of the commit starts a run, which does nothing; a person's next push is
// deployed as ever.
func TestCommit_does_not_deploy_itself(t *testing.T) {
	j, repository, token := newJob(t)
	inputs := map[string]string{"command": "rewrite", "commit": "commit", "github-token": token}
	push := person(repository)
	first := j.deploy(t, repository, push, inputs)
	started := repository.Started()
	if first.status != 0 || len(started) != 1 || started[0].After != first.outputs["commit-sha"] {
		t.Fatalf("status %d, outputs %v; the commit starts %+v", first.status, first.outputs, started)
	}
	head := repository.Head("main")
	want := "Deploy " + push.After + " to deploy\n\nregistry/app: old.example.com/app:latest -> " + j.registry + "/app:" +
		push.After +
		"\n\nMultiarch-Deploy: run=1001 revision=" + push.After
	if diff := cmp.Diff([]string{want, first.file},
		[]string{head.Message, head.Files["deploy/kustomization.yaml"]}); diff != "" {
		t.Error(diff)
	}

	second := j.deploy(t, repository, started[0], inputs)
	if again := repository.Started(); second.status != 0 || len(again) > 0 || second.outputs["commit-sha"] != "" {
		t.Errorf("status %d, outputs %v; its own push was deployed again: %+v", second.status, second.outputs, again)
	}
	if !strings.Contains(second.log, "nothing new to deploy") || second.file != head.Files["deploy/kustomization.yaml"] {
		t.Errorf("the run does not say that it leaves everything alone:\n%s", second.file)
	}

	if third := j.deploy(t, repository, person(repository), inputs); third.status != 0 || len(repository.Started()) != 1 {
		t.Errorf("status %d, outputs %v; a person's push was not deployed", third.status, third.outputs)
	}
}

// TestCommit_of_a_person_is_deployed whatever its message says: it may quote this tool's, as the message of a squashed
// merge does, or look like a merge's.
func TestCommit_of_a_person_is_deployed(t *testing.T) {
	const mark = "registry/app: old.example.com/app:latest -> old.example.com/app:v2\n\nMultiarch-Deploy: run=%s " +
		"revision=4f2a9c1"
	early, late := strings.ReplaceAll(mark, "%s", "7"), strings.ReplaceAll(mark, "%s", "999999")
	image := strings.Replace(files["deploy/kustomization.yaml"], "latest", "v2", 1)
	for _, test := range []struct {
		name, message string
		files         map[string]string
	}{
		{"squash_that_ends_with_the_mark", "Sell more (#6)\n\n* Sell more\n\n* Deploy v2 to deploy\n\n" + early,
			map[string]string{"shop.go": "more", "deploy/kustomization.yaml": image}},
		{"squash_with_the_mark_inside", "Sell more (#6)\n\n* Deploy v2 to deploy\n\n" + early + "\n\n* Sell more",
			map[string]string{"shop.go": "more"}},
		{"mark_alone", "Multiarch-Deploy: run=7 revision=4f2a9c1", map[string]string{"shop.go": "more"}},
		{"other_fields_of_the_kustomization", "Deploy v2 to deploy\n\n" + early,
			map[string]string{"deploy/kustomization.yaml": image + "namePrefix: shop-\n"}},
		{"mark_of_a_later_run", "Deploy v2 to deploy\n\n" + late,
			map[string]string{"deploy/kustomization.yaml": image, "shop.go": "more"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			j, repository, token := newJob(t)
			inputs := map[string]string{"command": "rewrite", "commit": "commit", "github-token": token}
			push := repository.Commit("main", test.message, test.files)
			repository.Started()
			got := j.deploy(t, repository, push, inputs)
			if got.status != 0 || got.outputs["commit-sha"] == "" || !strings.Contains(got.file, push.After) {
				t.Errorf("status %d, outputs %v: it was not deployed", got.status, got.outputs)
			}
		})
	}
	t.Run("a_commit_named_like_a_merge_beside_ours", func(t *testing.T) {
		j, repository, token := newJob(t)
		inputs := map[string]string{"command": "rewrite", "commit": "commit", "github-token": token}
		j.deploy(t, repository, person(repository), inputs)
		push := repository.Started()[0]
		evil := repository.Commit("main", "Merge branch 'main' of github.com:octo-org/shop",
			map[string]string{"shop.go": "more"})
		push.After, push.HeadCommit, push.Commits = evil.After, evil.HeadCommit, append(push.Commits, evil.Commits...)
		if got := j.deploy(t, repository, push, inputs); got.status != 0 || got.outputs["commit-sha"] == "" {
			t.Errorf("status %d, outputs %v: it was not deployed", got.status, got.outputs)
		}
	})
}

// TestCommit_of_one_run_is_made_once: a job that is run again, as its last step had failed, finds its own commit; one
// that was started earlier, and comes late, leaves it.
func TestCommit_of_one_run_is_made_once(t *testing.T) {
	j, repository, token := newJob(t)
	inputs := map[string]string{"command": "rewrite", "commit": "commit"}
	j.env = map[string]string{"GITHUB_TOKEN": token}
	early, late := person(repository), person(repository)
	first := j.deploy(t, repository, late, inputs)
	j.run--
	if again := j.deploy(t, repository, late, inputs); again.status != 0 ||
		again.outputs["commit-sha"] != first.outputs["commit-sha"] || len(repository.Started()) != 1 {
		t.Errorf("status %d, outputs %v; want those of the first time, %v", again.status, again.outputs, first.outputs)
	}
	j.run -= 2
	got := j.deploy(t, repository, early, inputs)
	if got.status != 0 || got.outputs["commit-sha"] != "" || len(repository.Started()) > 0 ||
		!strings.Contains(got.log, "a deploy that was started after this one is already recorded") {
		t.Errorf("status %d, outputs %v; the later deploy is not left alone", got.status, got.outputs)
	}
}

// TestCommit_goes_where_the_checkout_is_from: a job of an app's repository may check out another one, and commit to
// another branch of it, where an image may stand that nobody has seen in the checkout.
func TestCommit_goes_where_the_checkout_is_from(t *testing.T) {
	j, repository, token := newJob(t)
	production := strings.ReplaceAll(files["deploy/kustomization.yaml"], "latest", "v7")
	repository.Commit("production", "Start", map[string]string{"deploy/kustomization.yaml": production})
	push := person(repository)
	j.env = map[string]string{"GITHUB_REPOSITORY": "octo-org/app"}
	got := j.deploy(t, repository, push, map[string]string{"command": "rewrite", "commit": "commit",
		"commit-branch": "production", "github-token": token})
	head := repository.Head("production")
	if got.status != 0 || got.outputs["commit-sha"] != head.SHA || repository.Head("main").SHA != push.After {
		t.Errorf("status %d, outputs %v, main at %s", got.status, got.outputs, repository.Head("main").SHA)
	}
	want := strings.ReplaceAll(strings.ReplaceAll(production, "old.example.com", j.registry), "v7", push.After)
	if diff := cmp.Diff(want, head.Files["deploy/kustomization.yaml"]); diff != "" {
		t.Error(diff)
	}
}

// TestPullRequest_does_not_propose_itself_again: a person merges the pull request, which starts a run. Were that one
// deployed, it would open the next pull request, and so on for ever.
func TestPullRequest_does_not_propose_itself_again(t *testing.T) {
	for _, how := range []github.Merge{github.MergeCommit, github.Squash, github.Rebase} {
		t.Run(string(how), func(t *testing.T) {
			j, repository, token := newJob(t)
			inputs := map[string]string{"command": "rewrite", "commit": "pull-request", "github-token": token}
			for range 2 { // the first run opens the pull request, the second one makes its branch anew
				got := j.deploy(t, repository, person(repository), inputs)
				pulls := repository.Pulls()
				if got.status != 0 || len(pulls) != 1 || pulls[0].State != "open" ||
					got.outputs["pull-request-url"] != pulls[0].URL {
					t.Fatalf("status %d, outputs %v, pull requests %+v", got.status, got.outputs, pulls)
				}
				started := repository.Started()
				if len(started) < 2 {
					t.Fatalf("the branches that were pushed start %+v", started)
				}
				for _, push := range started {
					if got := j.deploy(t, repository, push, inputs); got.status != 0 || got.outputs["pull-request-url"] != "" ||
						len(repository.Started()) > 0 {
						t.Errorf("a push to %s: status %d, outputs %v", push.Ref, got.status, got.outputs)
					}
				}
			}
			merged := repository.Merge(1, how)
			repository.Started()
			second := j.deploy(t, repository, merged, inputs)
			if second.status != 0 || second.outputs["commit-sha"] != "" || len(repository.Pulls()) != 1 ||
				len(repository.Started()) > 0 {
				t.Errorf("status %d, outputs %v, pull requests %+v", second.status, second.outputs, repository.Pulls())
			}
		})
	}
}

// TestPullRequest_event_of_its_own: a workflow that also runs for pull requests does nothing for this tool's, whose
// merge is checked out and no branch; nor is it an error there.
func TestPullRequest_event_of_its_own(t *testing.T) {
	j, repository, token := newJob(t)
	inputs := map[string]string{"command": "rewrite", "commit": "pull-request", "github-token": token}
	j.deploy(t, repository, person(repository), inputs)
	pull := repository.Pulls()[0]
	head := repository.Head(pull.Head.Ref)
	j.env = map[string]string{"GITHUB_EVENT_NAME": "pull_request"}
	got := j.deploy(t, repository, github.Push{Ref: "refs/pull/1/merge", After: head.SHA, PullRequest: &github.PullRequest{
		Body: pull.Body, Commits: 1, Base: github.Commitish{SHA: head.Parents[0]}, Head: github.Commitish{SHA: head.SHA},
	}}, inputs)
	if got.status != 0 || !strings.Contains(got.log, "nothing new to deploy") {
		t.Errorf("status %d, outputs %v", got.status, got.outputs)
	}
}

// TestRun_commits_on_GHES_what_it_has_deployed: the whole pipeline, with the job's own token.
func TestRun_commits_on_GHES_what_it_has_deployed(t *testing.T) {
	cluster := startCluster(t)
	cloud := cloudtest.Start(t)
	hub := github.StartServer(t, cloud, "ghes.example.com")
	repository := hub.Repository(shop, files)
	// it follows from the other address
	j := &job{cloud: cloud, hub: hub, registry: cluster.Registry, env: map[string]string{"GITHUB_GRAPHQL_URL": ""}}
	inputs := map[string]string{
		"commit": "pull-request", "kubeconfig": cluster.Kubeconfig,
		"github-token": hub.Issue(github.Token{Repository: shop, Contents: true, PullRequests: true}),
	}
	got := j.deploy(t, repository, person(repository), inputs)
	pulls := repository.Pulls()
	if got.status != 0 || len(pulls) != 1 ||
		got.outputs["pull-request-url"] != "https://ghes.example.com/octo-org/shop/pull/1" {
		t.Fatalf("status %d, outputs %v, pull requests %+v", got.status, got.outputs, pulls)
	}
	for _, want := range []string{"| `Deployment default/app` | ✅ 1 pod ready | ✅ 1 pod ready |",
		"[run 1001](https://ghes.example.com/octo-org/shop/actions/runs/1001)"} {
		if !strings.Contains(pulls[0].Body, want) {
			t.Errorf("the pull request says no %q:\n%s", want, pulls[0].Body)
		}
	}
	if head := repository.Head(pulls[0].Head.Ref); head.SHA != got.outputs["commit-sha"] ||
		head.Files["deploy/kustomization.yaml"] != got.file {
		t.Errorf("the branch holds %+v", head)
	}
	j.run -= 2
	late := j.deploy(t, repository, person(repository), inputs)
	if late.status != 1 || !strings.Contains(late.log, "but the cluster now has the images of this one") {
		t.Errorf("status %d; an older deploy has come over a later one", late.status)
	}
	if rollout, commit := strings.Index(got.log, "Watch the rollout"),
		strings.Index(got.log, "Record the images"); rollout < 0 || commit < rollout {
		t.Error("the images are recorded before they run")
	}
}

// TestRun_records_no_images_that_pods_do_not_run_yet: with OnDelete, the pods of the revision before stay.
func TestRun_records_no_images_that_pods_do_not_run_yet(t *testing.T) {
	cluster := startCluster(t)
	cloud := cloudtest.Start(t)
	hub := github.StartServer(t, cloud, "ghes.example.com")
	onDelete := maps.Clone(files)
	onDelete["deploy/app.yaml"] = strings.NewReplacer("kind: Deployment", "kind: DaemonSet", "replicas: 2",
		"updateStrategy: {type: OnDelete}", "name: app}", "name: held}").Replace(files["deploy/app.yaml"])
	repository := hub.Repository(shop, onDelete)
	j := &job{cloud: cloud, hub: hub, registry: cluster.Registry}
	inputs := map[string]string{
		"commit": "commit", "kubeconfig": cluster.Kubeconfig,
		"github-token": hub.Issue(github.Token{Repository: shop, Contents: true}),
	}
	first := j.deploy(t, repository, person(repository), inputs)
	if first.status != 0 || first.outputs["commit-sha"] == "" {
		t.Fatalf("status %d, outputs %v", first.status, first.outputs)
	}
	push := person(repository)
	second := j.deploy(t, repository, push, inputs)
	if second.status != 0 || second.outputs["commit-sha"] != "" || repository.Head("main").SHA != push.After ||
		!strings.Contains(second.log, "nothing is recorded: pods of an earlier revision still run") {
		t.Errorf("status %d, outputs %v, head %s", second.status, second.outputs, repository.Head("main").SHA)
	}
}

// A run that fails, or only plans, records nothing; one that can't commit says so before it does anything.
func TestNothing_is_recorded(t *testing.T) {
	for _, test := range []struct {
		name   string
		inputs map[string]string
		ref    string
		status int
		want   string
	}{
		{"an_image_lacks_a_platform", map[string]string{"platforms": "linux/s390x"}, "", 1, "platform-missing"},
		{"dry_run", map[string]string{"dry-run": "true"}, "", 0, ""},
		{"no_token", map[string]string{"github-token": ""}, "", 2,
			"commit also needs github-token, or the variable GITHUB_TOKEN"},
		{"no_branch", nil, "refs/tags/v1", 2, "commit: a tag, a pull request or a single commit is checked out, which " +
			"can't be committed to; " +
			"name the branch in commit-branch, or run this on pushes to a branch only"},
		{"a_branch_that_is_none", map[string]string{"commit-branch": "production"}, "", 3,
			"reading branch production of octo-org/shop: there is no such branch; push it first, or name another in " +
				"commit-branch"},
		{"a_token_that_is_none", map[string]string{"github-token": "expired"}, "", 3, "Bad credentials"},
		{"unknown_command", map[string]string{"command": "deploy"}, "", 2,
			`command: "deploy" is not one of run, build, verify, plan, rewrite, audit, fix`},
		{"unknown_placeholder", map[string]string{"commit-message": "Deploy {image}"}, "", 2,
			"commit-message: unknown {image}; known are {tag}, {revision}, {kustomization}, {branch}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			j, repository, token := newJob(t)
			inputs := map[string]string{"command": "rewrite", "commit": "commit", "github-token": token}
			for name, value := range test.inputs {
				inputs[name] = value
			}
			push := person(repository)
			if test.ref != "" {
				push.Ref = test.ref
			}
			got := j.deploy(t, repository, push, inputs)
			if got.status != test.status || !strings.Contains(got.log, test.want) {
				t.Errorf("status %d, want %d and %q", got.status, test.status, test.want)
			}
			if repository.Head("main").SHA != push.After || got.file != files["deploy/kustomization.yaml"] {
				t.Error("the repository or the workspace was changed")
			}
		})
	}
}
