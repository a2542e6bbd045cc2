package manifests

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/template"
)

// besideWorkloads are kinds that the plan joins with the workloads of their namespace.
var besideWorkloads = []schema.GroupKind{
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"},
	{Kind: "PersistentVolumeClaim"},
	{Kind: "LimitRange"},
}

// EnterNamespace gives workloads that name no namespace the one that apply would give them, so that they are called
// the same from here on, and what the plan joins with them. Custom kinds wait for apply, which knows their scope.
func EnterNamespace(objects []kustomize.Object, namespace string) {
	for _, o := range objects {
		group := o.GroupVersionKind().Group
		joined := template.MakesPods(o.Unstructured) && !strings.Contains(group, ".") ||
			slices.Contains(besideWorkloads, o.GroupVersionKind().GroupKind())
		if joined && o.GetNamespace() == "" && namespace != "" {
			o.SetNamespace(namespace)
		}
	}
}
