package inventory

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// annotation is the mark that says which deploy an object belongs to. It is applied with the object.
const annotation = "multiarch-deploy.github.io/inventory"

// prefix begins a mark that names its namespace. Older marks are the deploy's name alone, which
// contains a slash before any comma.
const prefix, separator = "namespace=", ",deploy="

// Mark is the mark of an inventory on an object.
type Mark struct {
	Deploy string
	// Namespace is where the inventory's ConfigMap is, "" in a mark that does not name it.
	Namespace string
}

// MarkOf returns the mark of u; ok is false if it has none.
func MarkOf(u *unstructured.Unstructured) (mark Mark, ok bool) {
	value, ok := u.GetAnnotations()[annotation]
	if rest, named := strings.CutPrefix(value, prefix); named {
		if namespace, deploy, whole := strings.Cut(rest, separator); whole {
			return Mark{deploy, namespace}, ok
		}
	}
	return Mark{Deploy: value}, ok
}

// String is the mark in a message.
func (m Mark) String() string {
	if m.Namespace == "" {
		return fmt.Sprintf("deploy %q", m.Deploy)
	}
	return fmt.Sprintf("deploy %q with its inventory in namespace %s", m.Deploy, m.Namespace)
}

// Mark marks u as an object of the deploy.
func (i Inventory) Mark(u *unstructured.Unstructured) {
	annotations := u.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[annotation] = prefix + i.Namespace + separator + i.Deploy
	u.SetAnnotations(annotations)
}

// Matches reports whether the mark is that of the inventory.
func (i Inventory) Matches(m Mark) bool { return m == Mark(i) }

// MayMatch reports whether the mark is that of the inventory, or of one with the same deploy in another namespace:
// marks used not to say.
func (i Inventory) MayMatch(m Mark) bool { return m == Mark{Deploy: i.Deploy} }
