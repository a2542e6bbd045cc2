package github_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"

	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/github"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// startedByItself is what a run says that was started by nothing but a commit of fix.
const startedByItself = "What started this run contains nothing but what multiarch-deploy committed, " +
	"so there is nothing new to fix."

const (
	fixedFile    = "deploy/arch-patches.yaml"
	fixedBranch  = "multiarch-deploy-fix/deploy"
	kustomizedAt = "deploy/kustomization.yaml"
)

// fixJob is a job that fixes a repository whose one workload has an image of its own in the cluster's registry.
type fixJob struct {
	*job
	*github.Repository
	inputs map[string]string
	image  string
}

// newFixJob has the image for linux/amd64 alone, beside arm64 nodes.
func newFixJob(t *testing.T, cluster *localcluster.Cluster, how, image string) fixJob {
	t.Helper()
	cloud := cloudtest.Start(t)
	hub := github.Start(t, cloud)
	image = cluster.Registry + "/" + image + ":v1"
	repository := hub.Repository(shop, map[string]string{
		"deploy/app.yaml": strings.ReplaceAll(files["deploy/app.yaml"], "image: registry/app", "image: '"+image+"'"),
		kustomizedAt:      "# mine\nresources: [app.yaml]\n", "README.md": "Shop\n",
	})
	f := fixJob{&job{cloud: cloud, hub: hub, registry: cluster.Registry}, repository, map[string]string{
		"command": "fix", "commit": how, "kubeconfig": cluster.Kubeconfig, "images": "",
		"github-token": hub.Issue(github.Token{Repository: shop, Contents: true, PullRequests: true, App: true}),
	}, image}
	f.offer(t, 1)
	return f
}

// offer pushes the image for so many CPUs.
func (f fixJob) offer(t *testing.T, cpus int) {
	t.Helper()
	images, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.NewTag(f.image)
	if err != nil {
		t.Fatal(err)
	}
	if err := sampleapp.PushIndex(t.Context(), ref, images[:cpus]); err != nil {
		t.Fatal(err)
	}
}

// fix runs the program on main as it is, and checks its status.
func (f fixJob) fix(t *testing.T, status int, said string) result {
	t.Helper()
	return f.fixOf(t, github.Push{Ref: "refs/heads/main", After: f.Head("main").SHA}, status, said)
}

func (f fixJob) fixOf(t *testing.T, push github.Push, status int, said string) result {
	t.Helper()
	got := f.deploy(t, f.Repository, push, f.inputs)
	if got.status != status || !strings.Contains(got.log, said) {
		t.Fatalf("status %d, want %d and %q; outputs %v", got.status, status, said, got.outputs)
	}
	return got
}

// changed are the files that differ between a commit and its parent, with what they are now.
func (f fixJob) changed(head *github.Commit) map[string]string {
	before, changed := f.Files(head.Parents[0]), map[string]string{}
	for path, content := range head.Files {
		if before[path] != content {
			changed[path] = content
		}
	}
	for path := range before {
		if _, kept := head.Files[path]; !kept {
			changed[path] = "(gone)"
		}
	}
	return changed
}

// TestFix_commits: the two files in one commit, nothing where nothing is new, and the file goes with its last patch.
func TestFix_commits(t *testing.T) {
	f := newFixJob(t, startCluster(t), "commit", "fix-commit")
	start := f.Head("main")
	first := f.fix(t, 0, "added")
	head := f.Head("main")
	want := "Keep workloads of deploy where their images run\n\n- added the patch of Deployment app\n\n" +
		"Multiarch-Deploy: run=1001 revision=" + start.SHA
	if diff := cmp.Diff([]string{want, start.SHA, head.SHA}, []string{head.Message, strings.Join(head.Parents, " "),
		first.outputs["commit-sha"]}); diff != "" {
		t.Error(diff)
	}
	got := f.changed(head)
	if diff := cmp.Diff([]string{fixedFile, kustomizedAt}, slices.Sorted(maps.Keys(got))); diff != "" ||
		got[kustomizedAt] != first.file || !strings.Contains(got[kustomizedAt], "- path: arch-patches.yaml") ||
		!strings.Contains(got[fixedFile], "kubernetes.io/arch: amd64") {
		t.Errorf("the commit has %q\n%s", got, diff)
	}

	again := f.fix(t, 0, "has these patches already")
	if f.Head("main").SHA != head.SHA || again.outputs["commit-sha"] != "" {
		t.Errorf("the second run commits %s, outputs %v", f.Head("main").Message, again.outputs)
	}

	f.fixOf(t, f.Commit("main", "Sell more\n\nMultiarch-Deploy: run=1001 revision="+start.SHA,
		map[string]string{"README.md": "Claims to be a fix\n"}), 0, "has these patches already")

	f.run = -1 // started before the others, and late
	early := github.Push{Ref: "refs/heads/main", After: start.SHA}
	f.fixOf(t, early, 0, "a fix that was started after this one is already recorded, in ")
	f.run = 2

	f.offer(t, 2)
	f.hub.Before("createCommitOnBranch", func() {
		f.Commit("main", "Sell more", map[string]string{"README.md": "More\n"})
	})
	f.fix(t, 0, "branch main has moved, so the edit is made again on its content now")
	gone := map[string]string{fixedFile: "(gone)", kustomizedAt: start.Files[kustomizedAt]}
	if diff := cmp.Diff(gone, f.changed(f.Head("main"))); diff != "" || f.Head("main").Files["README.md"] != "More\n" ||
		!strings.Contains(f.Head("main").Message, "- removed the patch of Deployment app") {
		t.Errorf("%s\n%s", f.Head("main").Message, diff)
	}
}

// TestFix_proposes: one pull request, whose text is the summary, which later runs bring up to date.
func TestFix_proposes(t *testing.T) {
	f := newFixJob(t, startCluster(t), "pull-request", "fix-propose")
	start := f.Head("main")
	first := f.fix(t, 0, "https://github.com/octo-org/shop/pull/1")
	pull, head := f.only(t), f.Head(fixedBranch)
	if f.Head("main").SHA != start.SHA || first.outputs["pull-request-url"] != pull.URL ||
		first.outputs["commit-sha"] != head.SHA || head.Parents[0] != start.SHA || len(f.changed(head)) != 2 {
		t.Errorf("outputs %v, the branch holds %+v", first.outputs, head)
	}
	t.Log(pull.Body)
	for _, want := range []string{"Deployment app", "offers linux/amd64 only", "**Nothing was applied** · 1 patch added",
		"Recorded by [run 1001]", "\nMultiarch-Deploy: run=1001 revision=" + start.SHA + "\n"} {
		if !strings.Contains(pull.Body, want) {
			t.Errorf("the pull request says no %q", want)
		}
	}
	again := f.fix(t, 0, pull.URL)
	if f.Head(fixedBranch).SHA != head.SHA || again.outputs["pull-request-url"] != f.only(t).URL {
		t.Errorf("the second run makes %+v, outputs %v", f.Head(fixedBranch), again.outputs)
	}
	if diff := cmp.Diff(pull.Body, f.only(t).Body); diff != "" {
		t.Errorf("the second run writes the same text anew: %s", diff)
	}

	f.Commit("main", "Sell more", map[string]string{"deploy/more.yaml": strings.ReplaceAll(start.Files["deploy/app.yaml"],
		"{name: app}", "{name: more}"), kustomizedAt: "# mine\nresources: [app.yaml, more.yaml]\n"})
	f.fix(t, 0, pull.URL)
	if head = f.Head(fixedBranch); head.Parents[0] != f.Head("main").SHA ||
		strings.Count(head.Files[fixedFile], "kind: Deployment") != 2 || !strings.Contains(f.only(t).Body, "more") {
		t.Errorf("the pull request is not up to date: %+v\n%s", head, f.only(t).Body)
	}

	f.Update(1)
	f.fix(t, 0, pull.URL)
	theirs := f.Commit(fixedBranch, "Pin it elsewhere", map[string]string{"deploy/app.yaml": "# theirs\n"})
	f.offer(t, 2)
	f.fix(t, 0, pull.URL+" proposes what is no longer needed; close it")
	f.offer(t, 1)
	f.fix(t, 3, "branch "+fixedBranch+" of octo-org/shop contains changes that are not of this tool, see "+
		"https://github.com/octo-org/shop/commit/"+theirs.After)
	if f.Head(fixedBranch).SHA != theirs.After {
		t.Error("the commit of a person is lost")
	}
}

// only is the one pull request.
func (f fixJob) only(t *testing.T) github.Pull {
	t.Helper()
	pulls := f.Pulls()
	if len(pulls) != 1 || pulls[0].State != "open" || pulls[0].Head.Ref != fixedBranch {
		t.Fatalf("pull requests %+v", pulls)
	}
	return pulls[0]
}

// TestFix_proposes_the_removal of patches that were merged, and nothing where what was merged is right.
func TestFix_proposes_the_removal(t *testing.T) {
	cluster := startCluster(t)
	for _, how := range []github.Merge{github.MergeCommit, github.Squash, github.Rebase} {
		f := newFixJob(t, cluster, "pull-request", "fix-"+string(how))
		start := f.Head("main")
		f.fix(t, 0, "pull/1")
		f.fixOf(t, f.Merge(1, how), 0, startedByItself)
		if len(f.Pulls()) != 1 {
			t.Errorf("%s: pull requests %+v", how, f.Pulls())
		}
		f.offer(t, 2)
		f.fix(t, 0, "pull/2")
		gone := map[string]string{fixedFile: "(gone)", kustomizedAt: start.Files[kustomizedAt]}
		if diff := cmp.Diff(gone, f.changed(f.Head(fixedBranch))); diff != "" {
			t.Errorf("%s: %s", how, diff)
		}
		f.fixOf(t, f.Merge(2, how), 0, startedByItself)
		if diff := cmp.Diff(start.Files, f.Head("main").Files); diff != "" || len(f.Pulls()) != 2 {
			t.Errorf("%s: pull requests %+v\n%s", how, f.Pulls(), diff)
		}
	}
}

// TestDeletions_are_refused where there is no such file, as GitHub does.
func TestDeletions_are_refused(t *testing.T) {
	cloud := cloudtest.Start(t)
	hub := github.Start(t, cloud)
	repository := hub.Repository(shop, files)
	token := hub.Issue(github.Token{Repository: shop, Contents: true})
	head := repository.Head("main").SHA
	refused := "A path was requested for deletion which does not exist as of commit oid `" + head + "`"
	for _, test := range [][2]string{{"deploy/none.yaml", refused}, {"deploy/app.yaml", `"commit":{"oid":`}} {
		body, err := json.Marshal(map[string]any{
			"query": "mutation($input: CreateCommitOnBranchInput!) " +
				"{ createCommitOnBranch(input: $input) { commit { oid url } } }",
			"variables": map[string]any{"input": map[string]any{
				"branch":  map[string]string{"repositoryNameWithOwner": shop, "branchName": "main"},
				"message": map[string]string{"headline": "Remove it"}, "expectedHeadOid": head,
				"fileChanges": map[string]any{"deletions": []map[string]string{{"path": test[0]}}},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if answer := post(t, cloud, token, body); !strings.Contains(answer, test[1]) {
			t.Errorf("deleting %s: %s", test[0], answer)
		}
	}
	got := slices.Sorted(maps.Keys(repository.Head("main").Files))
	if diff := cmp.Diff([]string{kustomizedAt}, got); diff != "" {
		t.Error(diff)
	}
}

// post asks GraphQL.
func post(t *testing.T, cloud *cloudtest.Cloud, token string, body []byte) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.github.com/graphql",
		bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := cloud.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
