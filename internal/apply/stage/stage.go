// Package stage says in which order objects are applied: the stage of a kind, and what an object needs to be there.
package stage

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/definitions"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// The stages, in order. What must exist before the API server takes an object, or before a pod of it can start,
// comes in a stage before. Within a stage nothing depends on anything, so all of it goes side by side.
const (
	Definitions = iota // what other objects live in: namespaces, and the definitions of custom kinds
	Foundations        // what pods refer to by name, and what decides about them when they are made
	Bindings           // what refers to foundations but must be there before a pod runs
	Workloads          // everything else, custom kinds too
	Gates              // what may refuse other objects, once it is there, until its own pods run
	Count              // of the stages
)

// Of says in which stage objects of a kind are applied. Prune and Rollback go through the stages backwards.
func Of(kind schema.GroupKind) int {
	switch kind.String() {
	case "Namespace", definitions.Kind.String():
		return Definitions
	case "ServiceAccount", "ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim",
		"ResourceQuota", "LimitRange",
		"Role.rbac.authorization.k8s.io", "ClusterRole.rbac.authorization.k8s.io",
		"StorageClass.storage.k8s.io", "VolumeAttributesClass.storage.k8s.io", "CSIDriver.storage.k8s.io",
		"PriorityClass.scheduling.k8s.io", "RuntimeClass.node.k8s.io", "IngressClass.networking.k8s.io",
		"NetworkPolicy.networking.k8s.io":
		return Foundations
	case "RoleBinding.rbac.authorization.k8s.io", "ClusterRoleBinding.rbac.authorization.k8s.io",
		// A pod gets the addresses of the Services that are there when it starts into its environment.
		"Service":
		return Bindings
	case "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
		"MutatingWebhookConfiguration.admissionregistration.k8s.io",
		"APIService.apiregistration.k8s.io":
		return Gates
	default:
		return Workloads
	}
}

// SideBySide does something with every item of a stage, atOnce at a time. What is wrong with an object becomes a
// finding, in the order of the items, and stops none of the others; what is wrong with the cluster is an error and ends
// it all.
func SideBySide[T interface{ Key() object.Key }](ctx context.Context, stage, atOnce int, items []T,
	do func(context.Context, T) ([]finding.Finding, error)) ([]finding.Finding, error) {
	found := make([][]finding.Finding, len(items))
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, t := range items {
		if Of(t.Key().GroupKind) != stage {
			continue
		}
		group.Go(func() (err error) {
			found[i], err = do(running, t)
			return err
		})
	}
	err := group.Wait()
	return slices.Concat(found...), err
}
