package action

import (
	"context"
	"fmt"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
)

// commit records the images in the repository, once they are deployed or, where others deploy them, verified.
func (d *deploy) commit(ctx context.Context) error {
	act := gitops.Commit
	if d.config.Commit.How == inputs.CommitByPullRequest {
		act = gitops.PullRequest
	}
	result, err := act(ctx, d.gitops())
	d.report.Commit = report.Commit{SHA: result.SHA, URL: result.URL, PullRequest: result.PullRequest}
	switch {
	case err != nil:
		return err
	case result.Later != "" && len(d.report.Changes) > 0:
		return faultError{fmt.Errorf("a deploy that was started after this one is recorded already, by %s, but the cluster now has the images of this one: "+
			"run the later one again, and let one run at a time deploy, with a concurrency group in the workflow", result.Later)}
	case result.Later != "":
		d.say("a deploy that was started after this one is recorded already, by %s; it stays", result.Later)
	case result.SHA == "":
		d.say("%s has these images already", d.target.place)
	default:
		d.say("%s", result.URL)
	}
	if result.PullRequest != "" {
		d.say("%s", result.PullRequest)
	}
	return nil
}

// gitops is what the run records, and where.
func (d *deploy) gitops() gitops.Options {
	return gitops.Options{
		Server:  d.target.server,
		Place:   d.target.place,
		Edit:    d.edit,
		Set:     setReferences,
		Seen:    d.seen(),
		Images:  d.imageNames(),
		Message: gitops.Template(d.config.Commit.Message),
		Branch:  gitops.Template(d.config.Commit.PullRequestBranch),
		Mark:    d.target.mark,
		Fields: gitops.Fields{
			Tag:           d.config.Images[0].Reference.Identifier(),
			Revision:      d.target.mark.Revision,
			Kustomization: d.target.place.Folder(),
			Branch:        d.target.place.Branch,
		},
		Details: d.report.PullRequest() + d.target.link,
		Say:     d.say,
	}
}

// edit sets the images in a kustomization as it stands on a branch.
func (d *deploy) edit(path string, content []byte) ([]byte, []gitops.Change, error) {
	edited, edits, err := edit.SetImages(path, content, d.images)
	if err != nil {
		return nil, nil, faultError{err}
	}
	var changes []gitops.Change
	for _, e := range edits {
		changes = append(changes, gitops.Change{Name: e.Name, Before: e.Before, After: e.After})
	}
	return edited, changes, nil
}

func (d *deploy) imageNames() []string {
	var names []string
	for _, image := range d.config.Images {
		names = append(names, image.Name)
	}
	return names
}

// seen is what the checkout had in place of the images. Of another branch it tells nothing.
func (d *deploy) seen() map[string][]string {
	seen := map[string][]string{}
	if !d.target.place.CheckedOut {
		return seen
	}
	for _, e := range d.report.Edits {
		seen[e.Name] = append(seen[e.Name], e.Before)
	}
	return seen
}
