// Package readiness says whether an object is what its manifest asks for, by what its status reports: built-in kinds by
// kstatus with corrections, custom kinds by the conventions of status and by what is known of single kinds.
// It looks at values only.
package readiness

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/annotation"
)

// State is what can be said about an object.
type State string

// The states of an object.
const (
	// Ready means that the status says so, or that there is nothing to wait for.
	Ready State = "ready"
	// InProgress means that a controller is not done with it.
	InProgress State = "in progress"
	// Failed means that it does not get ready without a change.
	Failed State = "failed"
	// Unjudged means that it has no status, or one that says nothing known.
	Unjudged State = "not judged"
)

// Status is a state and why it is so.
type Status struct {
	State State
	// Message completes "Deployment shop/cart: …". It may be empty when the object is ready.
	Message string
}

// Of returns the status of an object as the API server returned it. What the object says of itself by annotations goes
// first; see package annotation. generation is the one that was applied: an older one proves nothing.
func Of(u *unstructured.Unstructured, generation int64) Status {
	if !annotation.Wait(u) {
		return Status{Ready, "not waited for, by its annotation " + annotation.WaitKey}
	}
	if u.GetDeletionTimestamp() != nil {
		return Status{InProgress, "it is being deleted"}
	}
	if object.IsCustom(u) && (object.IsTrue(u, "spec", "suspend") || object.IsTrue(u, "spec", "suspended")) {
		return Status{Ready, "it is suspended"} // its controller may not even look at it
	}
	if IsStale(u, generation) {
		return Status{InProgress, "its controller has not seen the change yet"}
	}
	if s, asked := byExpressions(u); asked {
		return s
	}
	if object.IsCustom(u) {
		return custom(u)
	}
	return builtIn(u)
}

// byExpressions judges by the object's own expressions. Where it gives only one for failed, the rest is judged as
// usual.
func byExpressions(u *unstructured.Unstructured) (s Status, asked bool) {
	verdict, asked := annotation.Ask(u)
	switch {
	case verdict.Failed:
		return Status{Failed, verdict.Why}, asked
	case verdict.Ready:
		return Status{Ready, verdict.Why}, asked
	}
	return Status{InProgress, verdict.Why}, asked
}
