package apply

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/foresee"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// replicas is the field that an autoscaler sets.
var replicas = fieldpath.MakePathOrDie("spec", "replicas")

// migration says which fields of the live object change hands before it is applied, nil if none does.
func (r *run) migration(ctx context.Context, t *item, live *unstructured.Unstructured) *ownership.Migration {
	if live == nil {
		return nil
	}
	m := &ownership.Migration{
		Manager:    r.opts.FieldManager,
		APIVersion: t.desired.GetAPIVersion(),
		From:       r.opts.TakeOverFrom,
		Adopt:      ownership.Leftovers(live, t.desired),
		Restate:    t.stale || r.appliedAtOldVersion(ctx, live),
	}
	if t.autoscaler != "" {
		m.Release = []fieldpath.Path{replicas}
	}
	if _, ok := m.Of(live); !ok {
		return nil
	}
	return m
}

// appliedAtOldVersion reports whether the API server no longer serves the version at which the live object was
// applied. It then forgets what was applied, so that nothing that leaves the manifests would be removed.
func (r *run) appliedAtOldVersion(ctx context.Context, live *unstructured.Unstructured) bool {
	for _, entry := range ownership.Entries(live) {
		gv, err := schema.ParseGroupVersion(entry.APIVersion)
		kind := live.GroupVersionKind().GroupKind()
		if err != nil || entry.Manager != r.opts.FieldManager || gv == live.GroupVersionKind().GroupVersion() {
			continue
		}
		kind.Group = gv.Group
		if _, err := r.mapper.RESTMappingWithContext(ctx, kind, gv.Version); err != nil {
			return true
		}
	}
	return false
}

// inconvertible is how the API server says that it can't read the object in the version of an entry of its managed
// fields.
var inconvertible = regexp.MustCompile(
	`failed to (?:convert|prune|create typed live|merge)[^:]*:.*field not declared in schema`)

// tryApply asks what would become of the object. Where fields change hands first, no dry run can tell: see foresee.
func (r *run) tryApply(ctx context.Context, t *item) (after *unstructured.Unstructured, created bool, err error) {
	t.migration = r.migration(ctx, t, t.live)
	if t.migration == nil {
		after, created, err = r.Server.Apply(ctx, t.Ref, t.desired, r.how(true))
		if err == nil || t.live == nil || t.stale || !inconvertible.MatchString(err.Error()) {
			return after, created, err
		}
		t.stale = true
		if t.migration = r.migration(ctx, t, t.live); t.migration == nil {
			return after, created, err
		}
	}
	entries, _ := t.migration.Of(t.live)
	merged, err := r.schemas.Apply(ctx, t.live, t.desired, entries, r.how(true))
	if err != nil {
		if fields := (server.FieldConflicts)(nil); errors.As(err, &fields) {
			return nil, false, err
		}
		// The API server says what is wrong with the manifest, if that is the reason.
		how := server.Apply{Manager: r.opts.FieldManager, Force: true, DryRun: true}
		after, created, asked := r.Server.Apply(ctx, t.Ref, t.desired, how)
		if asked == nil {
			text := fmt.Sprintf("warning: %s: which fields an apply would remove can't be computed: %v", t, err)
			r.opts.Progress(progress.Message{Text: text})
		}
		return after, created, asked
	}
	patch := foresee.MergePatch(t.live, merged)
	if err := unstructured.SetNestedField(patch, t.live.GetResourceVersion(), "metadata", "resourceVersion"); err != nil {
		return nil, false, err
	}
	after, err = r.Merge(ctx, t.Ref, patch, r.opts.FieldManager)
	return after, false, err
}

// migrate has fields change hands. Nothing else of the object changes by it.
func (r *run) migrate(ctx context.Context, t *item) error {
	if t.migration == nil {
		return nil
	}
	return r.Retry(ctx, func() error {
		live, err := r.Get(ctx, t.Ref)
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if entries, ok := t.migration.Of(live); ok {
			if live, err = r.SetManagedFields(ctx, t.Ref, live, entries); err != nil {
				return err // a conflict is tried again, with the object as it is then
			}
		}
		t.change.Before = live
		return nil
	})
}
