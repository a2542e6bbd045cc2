package action

import (
	"context"
	"fmt"
	"os"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
)

// carryOut takes the steps, unless they would deploy what this tool itself has committed.
func (p Program) carryOut(ctx context.Context, d *deploy, steps []step) error {
	if !takes(steps, record) {
		return d.start(ctx, steps)
	}
	own, err := p.startedByOwn()
	if err != nil {
		return err
	}
	if own {
		d.say("What started this run holds nothing but what multiarch-deploy committed, so there is nothing new to deploy.")
		return nil
	}
	if d.target, err = p.target(d.config); err != nil {
		return err
	}
	if err := gitops.Check(ctx, d.target.server, d.target.place); err != nil {
		return err
	}
	return d.start(ctx, steps)
}

// startedByOwn tells whether nothing but this tool's own commits started this run.
func (p Program) startedByOwn() (bool, error) {
	path := p.Getenv("GITHUB_EVENT_PATH")
	if path == "" {
		return false, nil
	}
	payload, err := os.ReadFile(path)
	if err != nil {
		return false, fmt.Errorf("reading the payload of the event that started this run: %w", err)
	}
	return gitops.OwnEvent(p.Getenv("GITHUB_EVENT_NAME"), payload)
}
