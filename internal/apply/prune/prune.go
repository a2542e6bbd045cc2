// Package prune deletes what earlier runs of a deploy applied and its manifests no longer have, unless someone else has
// a claim to it.
package prune

import (
	"context"
	"maps"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/inventory"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/stage"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// Pass deletes what earlier runs of a deploy applied and its manifests no longer have.
type Pass struct {
	*server.Server
	Mapper meta.RESTMapperWithContext
	// Holders has the inventory of the deploy.
	Holders *inventory.Holders
	// Stay are the objects of the manifests.
	Stay map[object.Key]bool
	// Manager is the field manager of the deploy.
	Manager string
	// Concurrency is how many objects are on their way to the API server at once.
	Concurrency int
	// InterruptGrace is how long a deletion that is under way when the context ends may take to be answered, and Patience
	// how long it is repeated while the API server does not answer.
	InterruptGrace, Patience time.Duration
	// Progress hears what is kept, and why.
	Progress progress.Sink
}

// leaver is an object that the manifests no longer have.
type leaver struct {
	server.Ref
	change change.Change
	// judged: it is gone, or not ours.
	judged bool
	// done: it was deleted.
	done bool
}

// goes notes that the object is deleted, or would be.
func (t *leaver) goes(live *unstructured.Unstructured) {
	t.change = change.Of(t.Ref, nil, change.Pruned, live, nil)
}

// Foresee says what Run would delete.
func (p Pass) Foresee(ctx context.Context) (change.Set, []finding.Finding, error) {
	removed, _, err := p.removed(ctx)
	findings, err := p.judge(ctx, p.Holders.Ref(), err)
	for at := stage.Count - 1; at >= 0 && err == nil; at-- {
		var refused []finding.Finding
		refused, err = p.each(ctx, at, removed.leavers, func(ctx context.Context, t *leaver) error {
			live, err := p.prunable(ctx, t)
			if live != nil {
				t.goes(live)
			}
			return err
		})
		findings = append(findings, refused...)
	}
	var set change.Set
	for _, t := range removed.leavers {
		if t.change.Object != "" {
			set = append(set, t.change)
		}
	}
	return set, findings, err
}

// Run deletes, stage by stage, backwards, and then writes the inventory.
func (p Pass) Run(ctx context.Context) (change.Set, []finding.Finding, error) {
	removed, version, err := p.removed(ctx)
	if err != nil || version == "" {
		findings, err := p.judge(ctx, p.Holders.Ref(), err)
		return nil, findings, err
	}
	var findings []finding.Finding
	for at := stage.Count - 1; at >= 0 && err == nil; at-- {
		var refused []finding.Finding
		refused, err = p.each(ctx, at, removed.leavers, p.pruneOne)
		findings = append(findings, refused...)
	}
	if err != nil {
		return removed.gone(), findings, err
	}
	err = p.Holders.Write(ctx, p.Server, slices.AppendSeq(removed.remembered(), maps.Keys(p.Stay)), version)
	refused, err := p.judge(ctx, p.Holders.Ref(), err)
	return removed.gone(), append(findings, refused...), err
}

func (p Pass) judge(ctx context.Context, ref server.Ref, err error) ([]finding.Finding, error) {
	return explain.Judge(ctx, p.Server, ref, err)
}

func (p Pass) each(ctx context.Context, at int, leavers []*leaver,
	do func(context.Context, *leaver) error) ([]finding.Finding, error) {
	return stage.SideBySide(ctx, at, p.Concurrency, leavers,
		func(running context.Context, t *leaver) ([]finding.Finding, error) {
			return p.judge(ctx, t.Ref, do(running, t))
		})
}

// removal is what an inventory lists and the manifests do not have.
type removal struct {
	leavers []*leaver
	// unserved are those of a kind that the cluster doesn't serve at the moment: they wait for a later run.
	unserved []object.Key
}

func (p Pass) removed(ctx context.Context) (removed removal, version string, err error) {
	listed, version, err := p.Holders.Read(ctx, p.Server)
	for _, k := range listed {
		if p.Stay[k] {
			continue
		}
		mapping, err := p.Mapper.RESTMappingWithContext(ctx, k.GroupKind)
		if err != nil {
			removed.unserved = append(removed.unserved, k)
			continue
		}
		ref := server.Ref{Kind: mapping.GroupVersionKind, Resource: mapping.Resource, Namespace: k.Namespace, Name: k.Name}
		removed.leavers = append(removed.leavers, &leaver{Ref: ref})
	}
	return removed, version, err
}

// gone returns what became of those that were deleted.
func (r removal) gone() change.Set {
	var set change.Set
	for _, t := range r.leavers {
		if t.done {
			set = append(set, t.change)
		}
	}
	return set
}

// remembered are those that a later run is to look at again: not what is gone or not ours.
func (r removal) remembered() []object.Key {
	keys := slices.Clone(r.unserved)
	for _, t := range r.leavers {
		if !t.judged {
			keys = append(keys, t.Key())
		}
	}
	return keys
}

func (p Pass) pruneOne(ctx context.Context, t *leaver) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := server.Outlasting(ctx, p.InterruptGrace)
	defer cancel()
	var sent *unstructured.Unstructured // what a deletion was sent for, answered or not
	return p.Patient(p.Patience).Retry(ctx, func() error {
		live, err := p.prunable(ctx, t)
		if err != nil {
			return err
		}
		if live != nil {
			// Should someone claim the object between the look and the deletion, the deletion fails and we look again.
			sent = live
			uid, version := live.GetUID(), live.GetResourceVersion()
			err := p.Delete(ctx, t.Ref, &metav1.Preconditions{UID: &uid, ResourceVersion: &version}, false)
			if err != nil && !apierrors.IsNotFound(err) {
				return err
			}
		}
		if sent != nil {
			t.goes(sent)
			t.done = true
		}
		t.judged = true
		return nil
	})
}
