package apply

import (
	"context"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// run is one pass of a set of objects over the cluster.
type run struct {
	*Applier
	opts    Options
	mapper  meta.RESTMapperWithContext
	defines map[schema.GroupKind]*target // the CustomResourceDefinitions of the set, by the kind they define
	targets []*target                    // in the order of the manifests
	byKey   map[key]*target
	count   atomic.Int64 // of the objects applied so far
}

// prepare finds out where each object goes. The findings are about objects that can't go anywhere; the run has the rest.
func (a *Applier) prepare(ctx context.Context, objects []*unstructured.Unstructured, opts Options) (*run, []finding.Finding, error) {
	mapper, err := a.discover(ctx)
	if err != nil {
		return nil, nil, err
	}
	r := &run{Applier: a, opts: opts.complete(), mapper: mapper, defines: definitionsIn(objects), byKey: map[key]*target{}}
	var findings []finding.Finding
	for _, o := range objects {
		if f, ok := r.add(ctx, o); !ok {
			findings = append(findings, f)
		}
	}
	return r, findings, nil
}

func definitionsIn(objects []*unstructured.Unstructured) map[schema.GroupKind]*target {
	defined := map[schema.GroupKind]*target{}
	for _, o := range objects {
		if o.GroupVersionKind().GroupKind() == crdKind {
			defined[definitionOf(o).kind] = &target{desired: o}
		}
	}
	return defined
}

// add makes a target of o, which stays as it is; ok is false when f says why it can't be one.
func (r *run) add(ctx context.Context, o *unstructured.Unstructured) (f finding.Finding, ok bool) {
	t := &target{desired: o.DeepCopy()}
	if o.GetName() == "" {
		return unnamed(t), false
	}
	resource, namespaced, err := r.locate(ctx, o.GroupVersionKind())
	if err != nil {
		return r.unserved(ctx, t, err), false
	}
	t.resource = resource
	r.shape(t.desired, namespaced)
	if _, twice := r.byKey[t.key()]; twice {
		return duplicate(t), false
	}
	if d := definitionOf(t.desired); t.key().GroupKind == crdKind {
		r.defines[d.kind] = t
	}
	r.byKey[t.key()], r.targets = t, append(r.targets, t)
	return finding.Finding{}, true
}

// locate says where objects of a kind are kept. The set's own definitions speak first: the server may not know them yet,
// or know an older one that lacks this version.
func (r *run) locate(ctx context.Context, gvk schema.GroupVersionKind) (resource schema.GroupVersionResource, namespaced bool, err error) {
	if crd, ok := r.defines[gvk.GroupKind()]; ok {
		d := definitionOf(crd.desired)
		return gvk.GroupVersion().WithResource(d.plural), d.namespaced, nil
	}
	mapping, err := r.mapper.RESTMappingWithContext(ctx, gvk.GroupKind(), gvk.Version)
	if err != nil {
		return schema.GroupVersionResource{}, false, err
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
		mark(u, r.opts.Inventory)
	}
}
