package apply

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/definitions"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/inventory"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/manifest"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/stage"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// run is one pass of a set of objects over the cluster.
type run struct {
	*Applier
	opts   Options
	mapper meta.RESTMapperWithContext
	// mappings are those that the mapper has answered: it searches all that the server serves each time.
	mappings map[schema.GroupVersionKind]*meta.RESTMapping
	defines  map[schema.GroupKind]*item // the CustomResourceDefinitions of the set, by the kind they define
	items    []*item                    // in the order of the manifests
	byKey    map[object.Key]*item
	hpas     []unstructured.Unstructured // the autoscalers of the namespaces of what has replicas
	holders  *inventory.Holders
	// definitionSlots has room for the definitions that may be applied at once.
	definitionSlots chan struct{}
	// warnings are what a deploy goes ahead with, to be reported at its end.
	warnings []finding.Finding
	count    atomic.Int64 // of the objects applied so far
}

// prepare finds out where each object goes. The findings are about objects that can't go anywhere; the run has the
// rest.
func (a *Applier) prepare(
	ctx context.Context, objects []*unstructured.Unstructured, opts Options,
) (*run, []finding.Finding, error) {
	mapper, err := a.mapper(ctx, opts.Reading)
	if err != nil {
		return nil, nil, err
	}
	r := &run{
		Applier: a, opts: opts.complete(), mapper: mapper,
		mappings: map[schema.GroupVersionKind]*meta.RESTMapping{},
		defines:  definitionsIn(objects), byKey: map[object.Key]*item{},
		definitionSlots: make(chan struct{}, definitionsAtOnce),
	}
	r.holders = inventory.NewHolders(r.Server, r.inventory(), r.opts.TakeOverFrom)
	var findings []finding.Finding
	for _, o := range objects {
		if f, ok := r.add(ctx, o); !ok {
			findings = append(findings, f)
		}
	}
	return r, findings, nil
}

// mapper knows what the API server serves.
func (a *Applier) mapper(ctx context.Context, reading *Reading) (meta.RESTMapperWithContext, error) {
	if reading != nil {
		return reading.mapper, nil
	}
	return a.Discover(ctx)
}

func definitionsIn(objects []*unstructured.Unstructured) map[schema.GroupKind]*item {
	defined := map[schema.GroupKind]*item{}
	for _, o := range objects {
		if o.GroupVersionKind().GroupKind() == definitions.Kind {
			defined[definitions.Of(o).Kind] = &item{Ref: server.RefOf(o, schema.GroupVersionResource{}), desired: o}
		}
	}
	return defined
}

// add makes an item of o, which stays as it is; ok is false when f says why it can't be one.
func (r *run) add(ctx context.Context, o *unstructured.Unstructured) (f finding.Finding, ok bool) {
	t := &item{manifest: o, desired: manifest.Copy(o), Ref: server.RefOf(o, schema.GroupVersionResource{})}
	if o.GetName() == "" {
		return explain.Unnamed(t.Ref), false
	}
	resource, namespaced, err := r.locate(ctx, o.GroupVersionKind())
	if err != nil {
		return explain.Unserved(ctx, r.mapper, t.Ref, err), false
	}
	if err := manifest.CheckSecret(o); err != nil {
		return explain.Refusal(t.Ref, err), false
	}
	r.shape(t.desired, namespaced)
	t.Ref = server.RefOf(t.desired, resource)
	r.warnings = append(r.warnings, manifest.YieldToAggregation(t.Ref, t.desired)...)
	if _, twice := r.byKey[t.Key()]; twice {
		return explain.Duplicate(t.Ref), false
	}
	if d := definitions.Of(t.desired); t.Key().GroupKind == definitions.Kind {
		r.defines[d.Kind] = t
	}
	r.byKey[t.Key()], r.items = t, append(r.items, t)
	return finding.Finding{}, true
}

// locate says where objects of a kind are kept. The set's own definitions speak first: the server may not know them
// yet, or know an older one that lacks this version.
func (r *run) locate(ctx context.Context, gvk schema.GroupVersionKind) (
	resource schema.GroupVersionResource, namespaced bool, err error,
) {
	if crd, ok := r.defines[gvk.GroupKind()]; ok {
		d := definitions.Of(crd.desired)
		return gvk.GroupVersion().WithResource(d.Plural), d.Namespaced, nil
	}
	mapping := r.mappings[gvk]
	if mapping == nil {
		if mapping, err = r.mapper.RESTMappingWithContext(ctx, gvk.GroupKind(), gvk.Version); err != nil {
			return schema.GroupVersionResource{}, false, err
		}
		r.mappings[gvk] = mapping
	}
	return mapping.Resource, mapping.Scope.Name() == meta.RESTScopeNameNamespace, nil
}

// shape fits u for server-side apply.
func (r *run) shape(u *unstructured.Unstructured, namespaced bool) {
	switch {
	case !namespaced:
		u.SetNamespace("")
	case u.GetNamespace() == "":
		u.SetNamespace(r.opts.Namespace)
	}
	// Set by a server, as in an exported manifest; a managedFields that is set is refused.
	u.SetManagedFields(nil)
	unstructured.RemoveNestedField(u.Object, "status")
	manifest.MergeStringData(u)
	if r.opts.Inventory != "" {
		r.inventory().Mark(u)
	}
}

func (r *run) inventory() inventory.Inventory {
	return inventory.Inventory{Deploy: r.opts.Deploy, Namespace: r.opts.Namespace}
}

func (r *run) keys() []object.Key { return slices.Collect(maps.Keys(r.byKey)) }

// definitionsAtOnce is how many definitions are applied side by side. For each, the API server builds its OpenAPI
// document and its discovery anew, and many at once keep it from answering anyone.
const definitionsAtOnce = 4

// each does something with every item of a stage.
func (r *run) each(ctx context.Context, at int, do func(context.Context, *item) error) ([]finding.Finding, error) {
	return stage.SideBySide(ctx, at, r.opts.Concurrency, r.items,
		func(running context.Context, t *item) ([]finding.Finding, error) {
			findings, err := explain.Judge(ctx, r.Server, t.Ref, do(running, t))
			return manifest.WithoutValues(t.desired, findings), err
		})
}

// pending says what this run has yet to do to what t needs: Created, Configured, or Unchanged when t can be judged
// now.
func (r *run) pending(t *item) change.Action {
	worst := change.Unchanged
	needed := stage.Needs(t.desired)
	if crd, ok := r.defines[t.Key().GroupKind]; ok {
		needed = append(needed, crd.Key())
	}
	for _, k := range needed {
		n, ok := r.byKey[k]
		if !ok || n.done || n.change.Action == change.Unchanged {
			continue
		}
		if n.change.Action == change.Created {
			return change.Created
		}
		worst = change.Configured
	}
	return worst
}

// item is one object of a run, and how far it is.
type item struct {
	server.Ref
	// manifest is the object as the caller has it, and desired a copy of it that fits server-side apply.
	manifest, desired *unstructured.Unstructured
	change            change.Change
	// live is the object as it was last read, nil if there is none or it was not read.
	live *unstructured.Unstructured
	// migration says which fields change hands before the apply, nil for none.
	migration *ownership.Migration
	// recreate: a change is not possible in place, and it is to be deleted and created again.
	recreate bool
	// stale: an entry of the managed fields is of a version that the API server can't convert the object to.
	stale bool
	// tools are the deploy tools that have set fields of the live object.
	tools []string
	// autoscaler is the object that sets the number of replicas, "" for none.
	autoscaler string
	// judged: the API server has answered a dry run of the object, and change says what would become of it.
	judged bool
	// unproven is why no dry run can show what an apply makes of the object; nil where one can.
	unproven error
	// sent: a request that changes the object was made, or was about to be.
	sent bool
	// lost: the answer to the change of the object was lost, so that it may have been made or not.
	lost bool
	// done: the run is through with the object, and change says what became of it.
	done bool
}

// found notes the live object.
func (t *item) found(live *unstructured.Unstructured) {
	change.Share(t.Ref, t.desired, live)
	t.live = live
}

// becomes notes what the object was and is, or in a plan would be.
func (t *item) becomes(action change.Action, before, after *unstructured.Unstructured) {
	t.change = change.Of(t.Ref, t.desired, action, before, after)
}
