package action

import (
	"context"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/fixing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/message"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/summary"
)

// fixes reports whether the run is one of the command fix.
func (d *deploy) fixes() bool { return d.takes("fix") }

// policy is the one that the plan follows: fix writes what pin does, or spread.
func (d *deploy) policy() placement.Policy {
	if d.fixes() && d.config.ArchPolicy != placement.Spread {
		return placement.Pin
	}
	return d.config.ArchPolicy
}

// fix puts the patches that the plan asks for into the file of patches, and lists that in the kustomization.
func (d *deploy) fix(ctx context.Context) error {
	d.fixed = fixing.Fix{Options: fixing.Options{
		Written: d.written, Path: d.Path, Edited: d.Edited, RemoteFetch: d.config.RemoteResources, Objects: d.Objects,
		Planned: d.planned, Verdicts: d.verdicts, Platforms: d.config.Platforms,
		Offers: d.images.Offers, Foreign: d.inspectStarts,
		Find: func(findings ...finding.Finding) { d.find(d.Located(findings)...) },
	}}
	if err := d.fixed.Plan(ctx); err != nil {
		return err
	}
	for _, c := range d.fixed.Changes {
		d.say("%s", c.Line())
	}
	if d.config.DryRun {
		return nil
	}
	return d.fixed.Write()
}

// commitPatches records the file of patches and its entry in the kustomization.
func (d *deploy) commitPatches(ctx context.Context) error {
	act := gitops.CommitFiles
	if d.config.Commit.How == catalogue.CommitByPullRequest {
		act = gitops.ProposeFiles
	}
	result, err := act(ctx, d.files())
	d.recorded = result
	if err == nil {
		d.announce("fix", "patches")
	}
	return err
}

// What the inputs commit-message and pull-request-branch are for a fix where they were left out: those of deploys name
// images, and a branch that deploys make anew.
const (
	fixMessage = "Keep workloads of {kustomization} where their images run"
	fixBranch  = "multiarch-deploy-fix/{kustomization}"
)

// files is the edit of the repository.
func (d *deploy) files() gitops.Files {
	place, fields := d.target.place, d.fields()
	text, branch := message.Template(fixMessage), message.Template(fixBranch)
	if given := d.config.Commit.Message; given != catalogue.Lookup("commit-message").Default {
		text = message.Template(given)
	}
	if given := d.config.Commit.PullRequestBranch; given != catalogue.Lookup("pull-request-branch").Default {
		branch = message.Template(given)
	}
	headline, body, _ := strings.Cut(strings.TrimSpace(text.Expand(fields)), "\n")
	result := d.report()
	result.Conclude(nil)
	f := d.patchedFiles()
	f.Edit = func(files map[string][]byte) (map[string][]byte, error) { return d.fixed.Files(place.Path, files) }
	f.Headline, f.Text = headline, strings.TrimSpace(body+"\n\n"+fixing.List(d.fixed.Changes))
	f.Branch, f.Foot, f.Mark, f.Say = branch.ExpandBranch(fields), d.env.RunLink(), d.target.mark, d.say
	f.Body = summary.Comment(result, summary.Options{Workspace: d.env("GITHUB_WORKSPACE"), Source: d.env.CommitPage()})
	return f
}

// patchedFiles are the files that a fix edits, and how its edits are known again.
func (d *deploy) patchedFiles() gitops.Files {
	place := d.target.place
	return gitops.Files{
		Server: d.target.server, Place: place, Others: []string{fixing.PatchesPath(place.Path)},
		Ours: func(before, after map[string][]byte) bool { return fixing.OnlyPatches(place.Path, before, after) },
	}
}
