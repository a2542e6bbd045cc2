package action

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/checkout"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/githubapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/message"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/summary"
)

// target is where a run records the images.
type target struct {
	server githubapi.Server
	place  checkout.Place
	mark   message.Mark
}

// findBranch finds out where the images are to be recorded.
func (d *deploy) findBranch(context.Context) error {
	if d.config.Commit.Token == "" {
		return inputs.Problems{"commit also needs github-token, or the variable GITHUB_TOKEN"}
	}
	file, err := kustomize.Find(d.config.Kustomization)
	if err != nil {
		return status.Fault{Err: err}
	}
	place, err := checkout.Locate(file, d.config.Commit.Branch, checkout.Job{
		Workspace: d.env("GITHUB_WORKSPACE"), Repository: d.env("GITHUB_REPOSITORY"), Ref: d.env("GITHUB_REF"),
	})
	if err != nil {
		return inputs.Problems{noBranch(err)}
	}
	run, _ := strconv.ParseInt(d.env("GITHUB_RUN_ID"), 10, 64) // outside a workflow there is none
	d.target = target{
		server: d.env.GitHub(d.config.Commit.Token),
		place:  place,
		mark:   message.Mark{Run: run, Revision: d.env.CommitSHA()},
	}
	return nil
}

// checkTrigger ends the run where nothing but this tool's own commits started it.
func (d *deploy) checkTrigger(ctx context.Context) error {
	path := d.env("GITHUB_EVENT_PATH")
	if path == "" || d.config.Commit.Token == "" {
		return nil
	}
	payload, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the payload of the event that started this run: %w", err)
	}
	event := gitops.Event{Name: d.env("GITHUB_EVENT_NAME"), Payload: payload, Repository: d.env("GITHUB_REPOSITORY")}
	own, what := false, "deploy"
	if d.fixes() {
		what = "fix"
		own, err = gitops.OwnFiles(ctx, event, d.patchedFiles())
	} else {
		own, err = gitops.Own(ctx, event, gitops.Options{Server: d.env.GitHub(d.config.Commit.Token), Set: setReferences})
	}
	if err != nil || !own {
		return err
	}
	d.say("What started this run contains nothing but what multiarch-deploy committed, so there is nothing new to %s.",
		what)
	return errNothingToDo
}

// checkBranch asks GitHub, before anything is done, whether the branch can be committed to.
func (d *deploy) checkBranch(ctx context.Context) error {
	return gitops.Check(ctx, d.target.server, d.target.place)
}

// noBranch says what to do about a checkout that can't be committed to.
func noBranch(err error) string {
	if errors.Is(err, checkout.ErrNoBranch) {
		return "commit: a tag, a pull request or a single commit is checked out, which can't be committed to; name the " +
			"branch in commit-branch, " +
			"or run this on pushes to a branch only"
	}
	return "commit: " + err.Error()
}

// commit records the images in the repository, once they are deployed or, where others deploy them, verified.
func (d *deploy) commit(ctx context.Context) error {
	if d.held {
		d.say("nothing is recorded: pods of an earlier revision still run")
		return nil
	}
	act := gitops.Commit
	if d.config.Commit.How == catalogue.CommitByPullRequest {
		act = gitops.PullRequest
	}
	result, err := act(ctx, d.gitops())
	d.recorded = result
	switch {
	case err != nil:
		return err
	case result.Later != "" && len(d.changes) > 0:
		return status.Fault{Err: fmt.Errorf("a deploy that was started after this one is recorded already, by %s, but the "+
			"cluster now has the images of this one: run the later one again, and "+
			"let one run at a time deploy, with a concurrency group in the workflow", result.Later)}
	}
	d.announce("deploy", "images")
	return nil
}

// announce logs where a run has recorded what, or why it has not.
func (d *deploy) announce(run, what string) {
	switch result := d.recorded; {
	case result.Later != "":
		d.say("a %s that was started after this one is already recorded, in %s; this one is not recorded", run,
			result.Later)
	case result.SHA == "":
		d.say("%s has these %s already", d.target.place, what)
	default:
		d.say("%s", result.URL)
	}
	if page := d.recorded.PullRequest; page != "" {
		d.say("%s", page)
	}
}

// gitops is what the run records, and where.
func (d *deploy) gitops() gitops.Options {
	return gitops.Options{
		Server:  d.target.server,
		Place:   d.target.place,
		Edit:    d.setImages,
		Set:     setReferences,
		Seen:    d.seen(),
		Images:  d.imageNames(),
		Message: message.Template(d.config.Commit.Message),
		Branch:  message.Template(d.config.Commit.PullRequestBranch),
		Mark:    d.target.mark,
		Fields:  d.fields(),
		Details: summary.PullRequest(d.report()) + d.env.RunLink(),
		Say:     d.say,
	}
}

// fields are the values of the placeholders in messages and names of branches.
func (d *deploy) fields() message.Fields {
	fields := message.Fields{Revision: d.target.mark.Revision, Kustomization: d.target.place.Folder(),
		Branch: d.target.place.Branch}
	if len(d.config.Images) > 0 { // fix needs none
		fields.Tag = d.config.Images[0].Reference.Identifier()
	}
	return fields
}

// setImages sets the images in a kustomization as a branch has it.
func (d *deploy) setImages(path string, content []byte) ([]byte, []message.Change, error) {
	edited, edits, err := edit.SetImages(path, content, d.Entries)
	if err != nil {
		return nil, nil, status.Fault{Err: err}
	}
	var changes []message.Change
	for _, e := range edits {
		changes = append(changes, message.Change{Name: e.Name, Before: e.Before, After: e.After})
	}
	return edited, changes, nil
}

// setReferences sets images to references in a kustomization.
func setReferences(path string, content []byte, references map[string]string) ([]byte, error) {
	var images []types.Image
	for _, name := range slices.Sorted(maps.Keys(references)) {
		images = append(images, edit.Image(name, references[name]))
	}
	edited, _, err := edit.SetImages(path, content, images)
	return edited, err
}

func (d *deploy) imageNames() []string {
	var names []string
	for _, image := range d.config.Images {
		names = append(names, image.Name)
	}
	return names
}

// seen is what the checkout had in place of the images. It says nothing about another branch.
func (d *deploy) seen() map[string][]string {
	seen := map[string][]string{}
	if !d.target.place.CheckedOut {
		return seen
	}
	for _, e := range d.edits {
		seen[e.Name] = append(seen[e.Name], e.Before)
	}
	return seen
}
