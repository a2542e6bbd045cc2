package apply

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// key is what makes an object one and the same across the versions of its kind.
type key struct {
	schema.GroupKind
	namespace, name string
}

func keyOf(u *unstructured.Unstructured) key {
	return key{u.GroupVersionKind().GroupKind(), u.GetNamespace(), u.GetName()}
}

// target is one object on its way to the cluster.
type target struct {
	desired  *unstructured.Unstructured
	resource schema.GroupVersionResource
	change   Change
	// seen is the live object as it was at the start of the run, nil if it was not looked at.
	seen *unstructured.Unstructured
	// settled: the API server has taken the object in a dry run, and change says what would become of it.
	settled bool
	// done: it is on the cluster, and change says what became of it.
	done bool
}

func (t *target) key() key { return keyOf(t.desired) }

func (t *target) stage() int { return stageOf(t.key().GroupKind) }

func (t *target) name() string { return object.Name(t.desired.GetKind(), t.desired) }

func (t *target) id() string { return object.ID(t.desired.GroupVersionKind(), t.desired) }

// path is where the API server keeps the object.
func (t *target) path() []string {
	path := []string{"/apis", t.resource.Group, t.resource.Version}
	if t.resource.Group == "" {
		path = []string{"/api", t.resource.Version}
	}
	if ns := t.desired.GetNamespace(); ns != "" {
		path = append(path, "namespaces", ns)
	}
	return append(path, t.resource.Resource, t.desired.GetName())
}

// becomes notes what the object was and is, or in a plan would be.
func (t *target) becomes(action Action, before, after *unstructured.Unstructured) {
	t.change = Change{Object: t.id(), Action: action, Before: before, After: after}
}
