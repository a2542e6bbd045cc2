package action

import (
	"context"
	"fmt"
	"os"

	"github.com/multiarch-deploy/multiarch-deploy/internal/gitops"
)

// carryOut takes the steps, unless they would deploy what this tool itself has committed.
func (p Program) carryOut(ctx context.Context, d *deploy, steps []step) error {
	if takes(steps, record) {
		target, err := p.target(d.config)
		if err != nil {
			return err
		}
		own, err := p.startedByOwnPush()
		if err != nil {
			return err
		}
		if own {
			d.say("The push that started this run holds nothing but what multiarch-deploy committed, so there is nothing new to deploy.")
			return nil
		}
		d.target = target
	}
	return d.start(ctx, steps)
}

// startedByOwnPush tells whether a push started this run that holds nothing but this tool's own commits.
func (p Program) startedByOwnPush() (bool, error) {
	path := p.Getenv("GITHUB_EVENT_PATH")
	if p.Getenv("GITHUB_EVENT_NAME") != "push" || path == "" {
		return false, nil
	}
	event, err := os.ReadFile(path)
	if err != nil {
		return false, fmt.Errorf("reading the payload of the push that started this run: %w", err)
	}
	return gitops.OwnPush(event)
}
