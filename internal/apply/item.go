package apply

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// item is one object of a run, and how far it is.
type item struct {
	server.Ref
	desired *unstructured.Unstructured
	change  Change
	// seen is the live object as it was at the start of the run, nil if it was not read.
	seen *unstructured.Unstructured
	// judged: the API server has answered a dry run of the object, and change says what would become of it.
	judged bool
	// lost: the answer to the change of the object was lost, so that it may have been made or not.
	lost bool
	// done: the run is through with the object, and change says what became of it.
	done bool
}

func (t *item) stage() int { return stageOf(t.Key().GroupKind) }

// becomes notes what the object was and is, or in a plan would be.
func (t *item) becomes(action Action, before, after *unstructured.Unstructured) {
	t.change = Change{Object: t.ID(), Action: action, Before: before, After: after, ref: t.Ref}
}
