package follow

import (
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// store is what a reflector writes to. It keeps nothing but the names, to know what is gone after a new list.
type store struct {
	from  Stream
	send  func(Change)
	known map[object.Key]*unstructured.Unstructured
}

// Add is called for an object that is new to the watch.
func (s *store) Add(o any) error { return s.Update(o) }

// Update is called for an object that changed.
func (s *store) Update(o any) error {
	u := o.(*unstructured.Unstructured)
	s.known[object.KeyOf(u)] = u
	s.send(Change{From: s.from, Object: u})
	return nil
}

// Delete is called for an object that was deleted.
func (s *store) Delete(o any) error {
	u := o.(*unstructured.Unstructured)
	delete(s.known, object.KeyOf(u))
	s.send(Change{From: s.from, Object: u, Gone: true})
	return nil
}

// Replace is called with each new list, the first one included.
func (s *store) Replace(list []any, _ string) error {
	before := maps.Clone(s.known)
	for _, o := range list {
		u := o.(*unstructured.Unstructured)
		delete(before, object.KeyOf(u))
		if err := s.Update(u); err != nil {
			return err
		}
	}
	for _, u := range before {
		if err := s.Delete(u); err != nil {
			return err
		}
	}
	return nil
}

// Resync is never asked for.
func (s *store) Resync() error { return nil }
