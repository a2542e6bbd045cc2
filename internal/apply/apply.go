package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/definitions"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/inventory"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/prune"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/rollback"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/stage"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// Apply brings objects to the cluster: Check, and then Checked.Apply where that found nothing.
func (a *Applier) Apply(
	ctx context.Context, objects []*unstructured.Unstructured, opts Options,
) (change.Set, []finding.Finding, error) {
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

// Apply brings the objects to the cluster. The change.Set says what became of each, in their order; it is right and
// complete even when findings, an error or an interrupt ended the run half-way: an object it does not name was not
// touched. One object that fails does not stop the others of its stage, but no later stage is started.
func (c *Checked) Apply(ctx context.Context) (set change.Set, findings []finding.Finding, err error) {
	r := c.run
	for at := range stage.Count {
		if at > 0 { // what rests on the stages before
			if findings, err = r.preview(ctx); err != nil || len(findings) > 0 {
				return r.reached(), findings, err
			}
		}
		if findings, err = r.applyStage(ctx, at); err != nil || len(findings) > 0 {
			return r.reached(), findings, err
		}
	}
	set = r.reached()
	return set, r.closing(set), nil
}

func (r *run) applyStage(ctx context.Context, at int) ([]finding.Finding, error) {
	if at == stage.Foundations && r.opts.Inventory != "" {
		// The inventory's own namespace is there now, and nothing that is ever pruned.
		if err := r.remember(ctx); err != nil {
			return explain.Judge(ctx, r.Server, r.inventory().Ref(), err)
		}
	}
	findings, err := r.each(ctx, at, func(ctx context.Context, t *item) error {
		if err := r.applyOne(ctx, t); err != nil {
			t.lost = t.sent && server.Lost(err)
			return err
		}
		r.opts.Progress(progress.Status{Text: fmt.Sprintf("applied %d of %d objects", r.count.Add(1), len(r.items))})
		return nil
	})
	err = errors.Join(err, r.readBack(ctx))
	if at == stage.Definitions && err == nil && len(findings) == 0 {
		return r.establish(ctx)
	}
	return findings, err
}

func (r *run) applyOne(ctx context.Context, t *item) error {
	if t.change.Action == change.Unchanged && t.migration == nil {
		t.done = true
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	t.sent = true
	if t.Key().GroupKind == definitions.Kind {
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
	if created {
		t.becomes(change.Created, nil, after)
		return
	}
	t.becomes(change.ActionOf(before, after, r.opts.FieldManager, t.migration != nil), before, after)
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
func (r *run) reached() change.Set {
	var set change.Set
	for _, t := range r.items {
		if t.done {
			set = append(set, t.change)
		}
	}
	return set
}

// establish waits until what was defined by this run is served.
func (r *run) establish(ctx context.Context) ([]finding.Finding, error) {
	var applied []server.Ref
	for _, t := range r.items {
		if t.Key().GroupKind == definitions.Kind && t.done && t.change.Action != change.Unchanged {
			applied = append(applied, t.Ref)
		}
	}
	if len(applied) == 0 {
		return nil, nil
	}
	mapper, findings, err := definitions.Wait{
		Object: r.items[0].ID(), Applied: applied, Kinds: slices.Collect(maps.Keys(r.defines)),
		Timeout: r.opts.EstablishTimeout, Progress: r.opts.Progress,
	}.Run(ctx, r.Server)
	if mapper != nil {
		r.mapper = mapper
	}
	return findings, err
}

// Rollback takes back what Apply did: first what it configured is set back, stage by stage, so that pods that start
// again find what they used to; then what it created is deleted, backwards. The set names what was rolled back.
//
// Only fields that the run, or the run before it, set are touched: they get the values they had, or are removed if
// they were not there. What others changed meanwhile stays. An object that was deleted meanwhile, or replaced by
// another of its name, stays as it is. One object that can't be rolled back does not stop the others; the error names
// each. While the API server does not answer, requests are repeated for opts.Patience.
func (a *Applier) Rollback(ctx context.Context, changes change.Set, opts Options) (change.Set, error) {
	opts = opts.complete()
	u := rollback.Pass{Server: a.Patient(opts.Patience), Manager: opts.FieldManager, DeleteTimeout: opts.DeleteTimeout,
		Concurrency: opts.Concurrency}
	return u.Undo(ctx, changes)
}

// Prune deletes what earlier runs of this deploy applied and objects, the whole set of this run, no longer has. It
// goes backwards through the stages, and is the last thing of a deploy: what it deletes is not rolled back.
//
// It deletes an object only if the inventory of this deploy (opts.Inventory, in opts.Namespace) lists it, the live
// object still carries this deploy's mark, and no one else has a claim (see package prune). So a first run, or one
// whose inventory was lost, prunes nothing, and an object that moved to another deploy stays there. What it keeps it
// reports to opts.Progress and forgets. A refused deletion is an apply-rejected finding, and tried again by the next
// run.
func (a *Applier) Prune(
	ctx context.Context, objects []*unstructured.Unstructured, opts Options,
) (change.Set, []finding.Finding, error) {
	if opts.Inventory == "" || len(objects) == 0 {
		return nil, nil, errors.New("prune: needs the name of an inventory, and at least one object that stays: " +
			"an empty set would delete everything")
	}
	r, findings, err := a.prepare(ctx, objects, opts)
	if err != nil || len(findings) > 0 {
		return nil, findings, err
	}
	return r.pruning().Run(ctx)
}

// pruning is about what an earlier run of the deploy applied and this one does not have.
func (r *run) pruning() prune.Pass {
	stay := map[object.Key]bool{}
	for k := range r.byKey {
		stay[k] = true
	}
	return prune.Pass{Server: r.Server, Mapper: r.mapper, Stay: stay, Manager: r.opts.FieldManager,
		Holders:     inventory.NewHolders(r.Server, r.inventory(), r.opts.TakeOverFrom),
		Concurrency: r.opts.Concurrency, InterruptGrace: r.opts.InterruptGrace, Patience: r.opts.Patience,
		Progress: r.opts.Progress}
}
