package apply

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// needs returns the objects without which the API server refuses u: it looks them up while it admits u.
// (What only a pod's start needs, such as a ConfigMap, is not among them: it is refused by no one.)
func needs(u *unstructured.Unstructured) []key {
	all := []key{{GroupKind: schema.GroupKind{Kind: "Namespace"}, name: u.GetNamespace()}}
	text := func(fields ...string) string {
		s, _, _ := unstructured.NestedString(u.Object, fields...)
		return s
	}
	switch u.GroupVersionKind().GroupKind().String() {
	case "Pod":
		all = append(all,
			key{schema.GroupKind{Kind: "ServiceAccount"}, u.GetNamespace(), text("spec", "serviceAccountName")},
			key{schema.GroupKind{Group: "scheduling.k8s.io", Kind: "PriorityClass"}, "", text("spec", "priorityClassName")},
			key{schema.GroupKind{Group: "node.k8s.io", Kind: "RuntimeClass"}, "", text("spec", "runtimeClassName")})
	case "RoleBinding.rbac.authorization.k8s.io", "ClusterRoleBinding.rbac.authorization.k8s.io":
		role := key{schema.GroupKind{Group: "rbac.authorization.k8s.io", Kind: text("roleRef", "kind")}, "", text("roleRef", "name")}
		if strings.EqualFold(role.Kind, "Role") {
			role.namespace = u.GetNamespace()
		}
		all = append(all, role)
	}
	return all
}

// pending says what this run has yet to do to what t needs: Created, Configured, or Unchanged when t can be judged now.
func (r *run) pending(t *target) Action {
	worst := Unchanged
	needed := needs(t.desired)
	if crd, ok := r.defines[t.key().GroupKind]; ok {
		needed = append(needed, crd.key())
	}
	for _, k := range needed {
		n, ok := r.byKey[k]
		if !ok || n.done || n.change.Action == Unchanged {
			continue
		}
		if n.change.Action == Created {
			return Created
		}
		worst = Configured
	}
	return worst
}
