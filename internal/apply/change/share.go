package change

import (
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/definitions"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
)

// Share has a state of a definition use what it has in common with the manifest: a definition may have a megabyte, and
// a run has up to four states of it.
func Share(ref server.Ref, manifest, state *unstructured.Unstructured) {
	if state == nil || manifest == nil || ref.Key().GroupKind != definitions.Kind {
		return
	}
	if spec, ok := state.Object["spec"]; ok {
		state.Object["spec"], _ = shared(manifest.Object["spec"], spec)
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
