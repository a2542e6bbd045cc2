package apply

import "k8s.io/apimachinery/pkg/runtime/schema"

// The stages, in order. What must exist before the API server takes an object, or before a pod of it can start,
// comes in a stage before. Within a stage nothing depends on anything, so all of it goes side by side.
const (
	definitions = iota // what other objects live in: namespaces, and the definitions of custom kinds
	foundations        // what pods refer to by name, and what decides about them when they are made
	bindings           // what refers to foundations but must be there before a pod runs
	workloads          // everything else, custom kinds too
	gates              // what may refuse other objects, once it is there, until its own pods run
	stageCount
)

// stageOf says in which stage objects of a kind are applied. Prune and Rollback go through the stages backwards.
func stageOf(kind schema.GroupKind) int {
	switch kind.String() {
	case "Namespace", crdKind.String():
		return definitions
	case "ServiceAccount", "ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim", "ResourceQuota", "LimitRange",
		"Role.rbac.authorization.k8s.io", "ClusterRole.rbac.authorization.k8s.io",
		"StorageClass.storage.k8s.io", "VolumeAttributesClass.storage.k8s.io", "CSIDriver.storage.k8s.io",
		"PriorityClass.scheduling.k8s.io", "RuntimeClass.node.k8s.io", "IngressClass.networking.k8s.io",
		"NetworkPolicy.networking.k8s.io":
		return foundations
	case "RoleBinding.rbac.authorization.k8s.io", "ClusterRoleBinding.rbac.authorization.k8s.io",
		// A pod gets the addresses of the Services that are there when it starts into its environment.
		"Service":
		return bindings
	case "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
		"MutatingWebhookConfiguration.admissionregistration.k8s.io",
		"APIService.apiregistration.k8s.io":
		return gates
	default:
		return workloads
	}
}
