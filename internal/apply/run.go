package apply

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/inventory"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
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
	holders  holders
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
		if o.GroupVersionKind().GroupKind() == crdKind {
			defined[definitionOf(o).kind] = &item{Ref: server.RefOf(o, schema.GroupVersionResource{}), desired: o}
		}
	}
	return defined
}

// copyOf returns a copy of o to change: metadata is its own, all else is shared. Of a big set, each object is there
// once.
func copyOf(o *unstructured.Unstructured) *unstructured.Unstructured {
	if o.GroupVersionKind().GroupKind() == secretKind {
		return o.DeepCopy() // its data is written to
	}
	u := &unstructured.Unstructured{Object: maps.Clone(o.Object)}
	if metadata, ok := o.Object["metadata"].(map[string]any); ok {
		u.Object["metadata"] = runtime.DeepCopyJSON(metadata)
	}
	return u
}

// add makes an item of o, which stays as it is; ok is false when f says why it can't be one.
func (r *run) add(ctx context.Context, o *unstructured.Unstructured) (f finding.Finding, ok bool) {
	t := &item{manifest: o, desired: copyOf(o), Ref: server.RefOf(o, schema.GroupVersionResource{})}
	if o.GetName() == "" {
		return explain.Unnamed(t.Ref), false
	}
	resource, namespaced, err := r.locate(ctx, o.GroupVersionKind())
	if err != nil {
		return explain.Unserved(ctx, r.mapper, t.Ref, err), false
	}
	if err := checkSecret(o); err != nil {
		return explain.Refusal(t.Ref, err), false
	}
	r.shape(t.desired, namespaced)
	t.Ref = server.RefOf(t.desired, resource)
	r.yieldToAggregation(t)
	if _, twice := r.byKey[t.Key()]; twice {
		return explain.Duplicate(t.Ref), false
	}
	if d := definitionOf(t.desired); t.Key().GroupKind == crdKind {
		r.defines[d.kind] = t
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
		d := definitionOf(crd.desired)
		return gvk.GroupVersion().WithResource(d.plural), d.namespaced, nil
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
	mergeStringData(u)
	if r.opts.Inventory != "" {
		r.inventory().Mark(u)
	}
}

func (r *run) inventory() inventory.Inventory {
	return inventory.Inventory{Deploy: r.opts.Deploy, Namespace: r.opts.Namespace}
}

func (r *run) keys() []object.Key { return slices.Collect(maps.Keys(r.byKey)) }
