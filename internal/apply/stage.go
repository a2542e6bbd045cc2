package apply

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

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
	case "ServiceAccount", "ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim",
		"ResourceQuota", "LimitRange",
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

// each does something with every item of a stage, side by side. What is wrong with an object becomes a finding, in the
// order of the items, and stops none of the others; what is wrong with the cluster is an error and ends it all.
func (r *run) each(ctx context.Context, stage int, do func(context.Context, *item) error) ([]finding.Finding, error) {
	found := make([][]finding.Finding, len(r.items))
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(r.opts.Concurrency)
	for i, t := range r.items {
		if t.stage() != stage {
			continue
		}
		group.Go(func() (err error) {
			found[i], err = r.judge(ctx, t.Ref, do(running, t))
			found[i] = t.withoutValues(found[i])
			return err
		})
	}
	err := group.Wait()
	return slices.Concat(found...), err
}

// judge distinguishes what is wrong with an object from what is wrong with the cluster.
func (a *Applier) judge(ctx context.Context, ref server.Ref, err error) ([]finding.Finding, error) {
	switch {
	case err == nil:
		return nil, nil
	case server.AtFault(err):
		return []finding.Finding{explain.Refusal(ref, err)}, nil
	default:
		return nil, a.Unavailable(ctx, ref.String(), err)
	}
}
