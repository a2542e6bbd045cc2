package action

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/archpatches"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/report/summary"
)

// commitPatches records the file of patches and its entry in the kustomization.
func (d *deploy) commitPatches(ctx context.Context) error {
	act := gitops.CommitFiles
	if d.config.Commit.How == inputs.CommitByPullRequest {
		act = gitops.ProposeFiles
	}
	result, err := act(ctx, d.files())
	d.recorded = result
	switch {
	case err != nil:
		return err
	case result.Later != "":
		d.say("a fix that was started after this one is recorded already, by %s; it stays", result.Later)
	case result.SHA == "":
		d.say("%s has these patches already", d.target.place)
	default:
		d.say("%s", result.URL)
	}
	if result.PullRequest != "" {
		d.say("%s", result.PullRequest)
	}
	return nil
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
	text, branch := gitops.Template(fixMessage), gitops.Template(fixBranch)
	if given := d.config.Commit.Message; given != inputs.Lookup("commit-message").Default {
		text = gitops.Template(given)
	}
	if given := d.config.Commit.PullRequestBranch; given != inputs.Lookup("pull-request-branch").Default {
		branch = gitops.Template(given)
	}
	headline, body, _ := strings.Cut(strings.TrimSpace(text.Expand(fields)), "\n")
	result := d.report()
	result.Conclude(nil)
	return gitops.Files{
		Server: d.target.server, Place: place, Others: []string{d.patchesPath()},
		Edit: d.patchFiles, Ours: d.onlyPatches,
		Headline: headline, Text: strings.TrimSpace(body + "\n\n" + patchList(d.patchChanges)),
		Branch: branch.ExpandBranch(fields), Body: summary.Comment(result, summary.Options{
			Workspace: d.env("GITHUB_WORKSPACE"), Source: d.env.commitPage()}) + d.env.runLink(),
		Mark: d.target.mark, Say: d.say,
	}
}

// patchesPath is the path of the file of patches in the repository.
func (d *deploy) patchesPath() string {
	return path.Join(path.Dir(d.target.place.Path), archpatches.FileName)
}

// patchFiles makes the edit on what the branch has.
func (d *deploy) patchFiles(files map[string][]byte) (map[string][]byte, error) {
	place, file := d.target.place.Path, d.patchesPath()
	if _, err := archpatches.Parse(file, files[file]); err != nil {
		return nil, status.Fault{Err: err}
	}
	text := archpatches.Format(d.patches)
	kustomization, err := patched(place, files[place], text)
	if err != nil {
		return nil, status.Fault{Err: err}
	}
	edited := map[string][]byte{place: kustomization, file: nil}
	if text != "" {
		like := files[file]
		if like == nil {
			like = kustomization
		}
		edited[file] = archpatches.Like(like, text)
	}
	return edited, nil
}

// onlyPatches reports whether only fixes have made the difference.
func (d *deploy) onlyPatches(before, after map[string][]byte) bool {
	place, file := d.target.place.Path, d.patchesPath()
	plain, err := edit.RemovePatch(place, before[place], archpatches.FileName)
	now, errNow := edit.RemovePatch(place, after[place], archpatches.FileName)
	_, errFile := archpatches.Parse(file, after[file])
	return errors.Join(err, errNow, errFile) == nil && bytes.Equal(plain, now)
}

// patchList are the changed patches for a commit message, one per line, in words that no image reference is made of.
func patchList(changes []report.Patch) string {
	var lines []string
	for _, c := range changes {
		if c.Action != report.PatchUnchanged {
			lines = append(lines, fmt.Sprintf("- %s the patch of %s", c.Action, c.Object))
		}
	}
	return strings.Join(lines, "\n")
}
