// Package change is what a run did to an object, or in a plan would do: the object before and after, and the images
// that nobody foresaw.
package change

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/diff"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// Action is what a run did to an object, or, in a plan, what it would do.
type Action string

// The actions, as the report has them.
const (
	Created    Action = "created"
	Recreated  Action = "recreated" // deleted, and created again
	Configured Action = "configured"
	Unchanged  Action = "unchanged"
	Pruned     Action = "pruned"
	RolledBack Action = "rolled-back"
)

// Change is one object and what became of it.
type Change struct {
	// Object is the object as object.ID writes it: "apps/v1 Deployment shop/cart".
	Object string `json:"object"`
	Action Action `json:"action"`
	// Before is the object as it was, nil if there was none.
	Before *unstructured.Unstructured `json:"-"`
	// After is the object as the API server answered it, nil if there is none any more.
	After *unstructured.Unstructured `json:"-"`
	// Unconfirmed: the answer to the change was lost and the object could not be read since. After is what was expected.
	Unconfirmed bool `json:"-"`

	// OtherImages are those of the object that nobody foresaw.
	OtherImages []OtherImage `json:"-"`

	// Ref is where the object is.
	Ref server.Ref `json:"-"`
}

// Diff shows the change as a unified diff, "" if nothing differs.
func (c Change) Diff() string { return diff.Unified(c.Before, c.After) }

// Set is what a run did, in the order of the objects it was given.
type Set []Change

// Live returns the objects that are on the cluster after the run: what a rollout has to wait for.
func (s Set) Live() []*unstructured.Unstructured {
	var live []*unstructured.Unstructured
	for _, c := range s {
		if c.After != nil {
			live = append(live, c.After)
		}
	}
	return live
}

// Of is what became of the object of ref. Of a definition its states share what they have in common with the
// manifest.
func Of(ref server.Ref, manifest *unstructured.Unstructured, action Action,
	before, after *unstructured.Unstructured) Change {
	Share(ref, manifest, before)
	Share(ref, manifest, after)
	return Change{Object: ref.ID(), Action: action, Before: before, After: after, Ref: ref}
}

// ActionOf says what an apply by manager has made of an object. migrated: fields of it changed hands before.
func ActionOf(before, after *unstructured.Unstructured, manager string, migrated bool) Action {
	if before == nil && ownership.IsCreator(after, manager) {
		return Created
	}
	equal := diff.Equal(before, after, manager)
	if migrated {
		equal = diff.SameContent(before, after) // that fields change hands changes nothing of what the object says
	}
	if equal {
		return Unchanged
	}
	return Configured
}
