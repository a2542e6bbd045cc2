package stage

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Needs returns the objects without which the API server refuses u: it looks them up while it admits u.
// (What only a pod's start needs, such as a ConfigMap, is not among them: it is refused by no one.)
func Needs(u *unstructured.Unstructured) []object.Key {
	text := func(fields ...string) string {
		s, _, _ := unstructured.NestedString(u.Object, fields...)
		return s
	}
	needed := func(group, kind, namespace, name string) object.Key {
		return object.Key{GroupKind: schema.GroupKind{Group: group, Kind: kind}, Namespace: namespace, Name: name}
	}
	all := []object.Key{needed("", "Namespace", "", u.GetNamespace())}
	switch u.GroupVersionKind().GroupKind().String() {
	case "Pod":
		return append(all,
			needed("", "ServiceAccount", u.GetNamespace(), text("spec", "serviceAccountName")),
			needed("scheduling.k8s.io", "PriorityClass", "", text("spec", "priorityClassName")),
			needed("node.k8s.io", "RuntimeClass", "", text("spec", "runtimeClassName")))
	case "RoleBinding.rbac.authorization.k8s.io", "ClusterRoleBinding.rbac.authorization.k8s.io":
		role := needed("rbac.authorization.k8s.io", text("roleRef", "kind"), "", text("roleRef", "name"))
		if strings.EqualFold(role.Kind, "Role") {
			role.Namespace = u.GetNamespace()
		}
		return append(all, role)
	default:
		return all
	}
}
