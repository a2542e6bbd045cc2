package gitops

import (
	"bytes"
	"context"
	"maps"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/githubapi"
	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops/message"
)

// maxFiles bounds how many changed files are read. This tool changes one in each commit.
const maxFiles = 20

// onlyImages reports whether a change does nothing but what this tool writes in a commit of images.
func (r *repository) onlyImages(ctx context.Context, c change) (bool, error) {
	compared, err := r.CompareKnown(ctx, c.base, c.head)
	if err != nil || compared == nil {
		return false, err
	}
	return r.setsOnly(ctx, compared, c.head)
}

// setsOnly reports whether a comparison with head has nothing but what this tool writes: the references that the
// messages of its commits name, in files that were there before. Everything else in it would not be deployed, or be
// lost, were the messages believed.
func (r *repository) setsOnly(ctx context.Context, compared *githubapi.Comparison, head string) (bool, error) {
	references := map[string]string{}
	for _, e := range compared.Commits {
		maps.Copy(references, message.ImagesOf(e.Message))
	}
	if len(compared.Files) > maxFiles || len(references) == 0 {
		return false, nil
	}
	for _, file := range compared.Files {
		if !file.Modified {
			return false, nil
		}
		before, err := r.File(ctx, file.Name, compared.Base)
		if err != nil || before == nil {
			return false, err
		}
		after, err := r.File(ctx, file.Name, head)
		if err != nil || after == nil {
			return false, err
		}
		edited, err := r.Set(file.Name, before, references)
		if err != nil || !bytes.Equal(edited, after) {
			return false, nil //nolint:nilerr // a file that can't be edited so was not edited so
		}
	}
	return true, nil
}
