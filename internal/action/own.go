package action

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
)

// carryOut takes the steps, unless they would deploy what this tool itself has committed.
func (p Program) carryOut(ctx context.Context, d *deploy, steps []step) error {
	if !takes(steps, record) {
		return d.start(ctx, steps)
	}
	var err error
	if d.target, err = p.target(d.config); err != nil {
		return err
	}
	own, err := p.startedByOwn(ctx, d.target)
	if err != nil {
		return err
	}
	if own {
		d.say("What started this run holds nothing but what multiarch-deploy committed, so there is nothing new to deploy.")
		return nil
	}
	if err := gitops.Check(ctx, d.target.server, d.target.place); err != nil {
		return err
	}
	return d.start(ctx, steps)
}

// startedByOwn reports whether nothing but this tool's own commits started this run.
func (p Program) startedByOwn(ctx context.Context, t target) (bool, error) {
	path := p.Getenv("GITHUB_EVENT_PATH")
	if path == "" {
		return false, nil
	}
	payload, err := os.ReadFile(path)
	if err != nil {
		return false, fmt.Errorf("reading the payload of the event that started this run: %w", err)
	}
	event := gitops.Event{Name: p.Getenv("GITHUB_EVENT_NAME"), Payload: payload, Repository: p.Getenv("GITHUB_REPOSITORY")}
	return gitops.Own(ctx, event, gitops.Options{Server: t.server, Place: t.place, Set: setReferences})
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
