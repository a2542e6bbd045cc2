package apply

import (
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// item is one object of a run, and how far it is.
type item struct {
	server.Ref
	// manifest is the object as the caller has it, and desired a copy of it that fits server-side apply.
	manifest, desired *unstructured.Unstructured
	change            Change
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

func (t *item) stage() int { return stageOf(t.Key().GroupKind) }

// found notes the live object.
func (t *item) found(live *unstructured.Unstructured) {
	t.share(live)
	t.live = live
}

// becomes notes what the object was and is, or in a plan would be.
func (t *item) becomes(action Action, before, after *unstructured.Unstructured) {
	t.share(before)
	t.share(after)
	t.change = Change{Object: t.ID(), Action: action, Before: before, After: after, ref: t.Ref}
}

// share has a state of a definition use what it has in common with the manifest: a definition may have a megabyte, and
// a run has up to four states of it.
func (t *item) share(u *unstructured.Unstructured) {
	if u == nil || t.Key().GroupKind != crdKind {
		return
	}
	if spec, ok := u.Object["spec"]; ok {
		u.Object["spec"], _ = shared(t.desired.Object["spec"], spec)
	}
}

// shared returns of two values the first one where they are equal, and else the second one with its parts shared.
func shared(from, to any) (result any, equal bool) {
	switch to := to.(type) {
	case map[string]any:
		f, ok := from.(map[string]any)
		if !ok || reflect.ValueOf(f).Pointer() == reflect.ValueOf(to).Pointer() {
			return to, ok
		}
		equal = len(f) == len(to)
		for name, value := range to {
			same := false
			to[name], same = shared(f[name], value)
			equal = equal && same
		}
		if equal {
			return f, true
		}
		return to, false
	case []any:
		f, ok := from.([]any)
		if !ok || len(f) != len(to) || len(f) > 0 && &f[0] == &to[0] {
			return to, ok && len(f) == len(to)
		}
		equal = true
		for i := range to {
			same := false
			to[i], same = shared(f[i], to[i])
			equal = equal && same
		}
		if equal {
			return f, true
		}
		return to, false
	default:
		return to, from == to
	}
}
