package apply

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Reading is what the cluster has of a set of objects. A run whose plan needs it hands it to its apply, which then does
// not read it again: Options.Reading.
type Reading struct {
	mapper meta.RESTMapperWithContext
	live   map[object.Key]*unstructured.Unstructured
	// read are the objects that were looked for, those that are not there among them.
	read map[object.Key]bool
	// hpas are the autoscalers of their namespaces.
	hpas []unstructured.Unstructured
	// unchanged are the live objects by the manifests that an apply of would change nothing.
	unchanged map[*unstructured.Unstructured]*unstructured.Unstructured

	mu sync.Mutex
	// answers are those to dry runs that were made since, by the manifests.
	answers map[*unstructured.Unstructured]*answer
}

// Read reads what the cluster has of the objects.
func (a *Applier) Read(ctx context.Context, objects []*unstructured.Unstructured, opts Options) (*Reading, error) {
	opts.Reading = nil
	mapper, err := a.Mapper()
	if err != nil {
		return nil, err
	}
	if mapper != nil {
		opts.Reading = &Reading{mapper: mapper}
	}
	r, _, err := a.prepare(ctx, objects, opts) // an Apply reports the findings
	if err != nil {
		return nil, err
	}
	r.readLive(ctx)
	reading := &Reading{
		mapper: r.mapper, live: map[object.Key]*unstructured.Unstructured{}, read: map[object.Key]bool{},
		unchanged: map[*unstructured.Unstructured]*unstructured.Unstructured{}, hpas: r.hpas,
	}
	for _, t := range r.items {
		reading.live[t.Key()], reading.read[t.Key()] = t.live, true
		if applied, err := r.isApplied(ctx, t); applied && err == nil {
			reading.unchanged[t.manifest] = t.live
		}
	}
	return reading, ctx.Err()
}

// Unchanged returns the live object of a manifest that an apply would not change; ok is false where that is not proven.
// A nil Reading proves nothing.
func (r *Reading) Unchanged(manifest *unstructured.Unstructured) (live *unstructured.Unstructured, ok bool) {
	if r == nil {
		return nil, false
	}
	live, ok = r.unchanged[manifest]
	return live, ok
}

// known takes what was read a moment ago. It is not ok where an object was not among it.
func (r *run) known() bool {
	reading := r.opts.Reading
	if reading == nil {
		return false
	}
	for _, t := range r.items {
		if !reading.read[t.Key()] {
			return false
		}
	}
	for _, t := range r.items {
		t.live = reading.live[t.Key()]
	}
	r.hpas = reading.hpas
	return true
}
