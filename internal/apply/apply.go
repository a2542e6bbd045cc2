package apply

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// Apply brings objects to the cluster: Check, and then Checked.Apply where that found nothing.
func (a *Applier) Apply(
	ctx context.Context, objects []*unstructured.Unstructured, opts Options,
) (ChangeSet, []finding.Finding, error) {
	checked, findings, err := a.Check(ctx, objects, opts)
	if err != nil || len(findings) > 0 {
		return nil, findings, err
	}
	return checked.Apply(ctx)
}

// Checked are objects that the API server has judged in a dry run.
type Checked struct{ run *run }

// Check asks the API server about each object that it can judge now, in a dry run, and changes nothing.
//
// Findings say which objects it refuses (apply-rejected) or other managers hold fields of (apply-conflict). With one of
// them nothing is to be applied. Only what rests on a namespace, a kind or a role of this very set is judged later,
// when that is there. An error is about the cluster, not about the objects.
func (a *Applier) Check(
	ctx context.Context, objects []*unstructured.Unstructured, opts Options,
) (*Checked, []finding.Finding, error) {
	r, findings, err := a.prepare(ctx, objects, opts)
	if err != nil {
		return nil, nil, err
	}
	r.readLive(ctx)
	refused, err := r.preview(ctx)
	return &Checked{r}, append(findings, refused...), err
}

// Apply brings the objects to the cluster. The ChangeSet says what became of each, in their order; it is right and
// complete even when findings, an error or an interrupt ended the run half-way: an object it does not name was not
// touched. One object that fails does not stop the others of its stage, but no later stage is started.
func (c *Checked) Apply(ctx context.Context) (set ChangeSet, findings []finding.Finding, err error) {
	r := c.run
	for stage := range stageCount {
		if stage > 0 { // what rests on the stages before
			if findings, err = r.preview(ctx); err != nil || len(findings) > 0 {
				return r.reached(), findings, err
			}
		}
		if findings, err = r.applyStage(ctx, stage); err != nil || len(findings) > 0 {
			return r.reached(), findings, err
		}
	}
	set = r.reached()
	return set, r.closing(set), nil
}

func (r *run) applyStage(ctx context.Context, stage int) ([]finding.Finding, error) {
	if stage == foundations && r.opts.Inventory != "" {
		// The inventory's own namespace is there now, and nothing that is ever pruned.
		if err := r.remember(ctx); err != nil {
			return r.judge(ctx, r.inventory().Ref(), err)
		}
	}
	findings, err := r.each(ctx, stage, func(ctx context.Context, t *item) error {
		if err := r.applyOne(ctx, t); err != nil {
			t.lost = t.sent && server.Lost(err)
			return err
		}
		r.opts.Progress(progress.Status{Text: fmt.Sprintf("applied %d of %d objects", r.count.Add(1), len(r.items))})
		return nil
	})
	err = errors.Join(err, r.readBack(ctx))
	if stage == definitions && err == nil && len(findings) == 0 {
		return r.establish(ctx)
	}
	return findings, err
}

func (r *run) applyOne(ctx context.Context, t *item) error {
	if t.change.Action == Unchanged && t.migration == nil {
		t.done = true
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	t.sent = true
	if t.Key().GroupKind == crdKind {
		r.definitionSlots <- struct{}{}
		defer func() { <-r.definitionSlots }()
	}
	ctx, cancel := server.Outlasting(ctx, r.opts.InterruptGrace)
	defer cancel()
	if t.recreate {
		return r.recreate(ctx, t)
	}
	if err := r.migrate(ctx, t); err != nil {
		return err
	}
	after, created, err := r.Server.Apply(ctx, t.Ref, t.desired, r.how(false))
	if err != nil {
		return err
	}
	r.applied(t, after, created)
	return nil
}

// applied notes that the object is on the cluster as after.
func (r *run) applied(t *item, after *unstructured.Unstructured, created bool) {
	t.done = true
	before := t.change.Before
	if created || before == nil && ownership.IsCreator(after, r.opts.FieldManager) {
		t.becomes(Created, nil, after)
		return
	}
	t.becomes(r.compared(t, before, after), before, after)
}

// remember adds the objects of this run to the inventory, before they are applied: an interrupted run must not leave
// behind what no later one knows of.
func (r *run) remember(ctx context.Context) error {
	earlier, version, err := r.inventory().Read(ctx, r.Server)
	if err != nil {
		return err
	}
	return r.inventory().Write(ctx, r.Server, append(earlier, r.keys()...), version)
}

// reached returns what became of the items that were reached.
func (r *run) reached() ChangeSet {
	var set ChangeSet
	for _, t := range r.items {
		if t.done {
			set = append(set, t.change)
		}
	}
	return set
}
