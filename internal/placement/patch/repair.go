package patch

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/pods"
)

// Repair is a change to a pod spec that keeps it on nodes where it runs, or lets it onto them. Zero fields change
// nothing.
type Repair struct {
	Architectures []string // GOARCH values in order; nodes of others are out
	OS            string   // nodes of another are out
	Taints        []corev1.Taint
}

// Make returns the workload with the repair made, and the same change as a patch that kustomize accepts.
func (r Repair) Make(w pods.Workload, target Target) (pods.Workload, string) {
	return with(w, target, r.amend)
}

// amend changes a pod spec and returns the part of it that a patch must hold.
func (r Repair) amend(spec map[string]any) map[string]any {
	added := map[string]any{}
	if r.OS != "" {
		selectNodes(spec, added, corev1.LabelOSStable, r.OS)
	}
	switch len(r.Architectures) {
	case 0:
	case 1:
		selectNodes(spec, added, corev1.LabelArchStable, r.Architectures[0])
	default:
		requireArchitectures(spec, added, r.Architectures)
	}
	if len(r.Taints) > 0 {
		tolerate(spec, added, r.Taints)
	}
	return added
}
