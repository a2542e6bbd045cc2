package manifest

import (
	"cmp"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/server"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

var (
	// AutoscalerKind is that of the autoscalers which a cluster keeps.
	AutoscalerKind = schema.GroupVersionKind{Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler"}
	// scaledObjectKind is KEDA's, which makes a HorizontalPodAutoscaler of it.
	scaledObjectKind = schema.GroupKind{Group: "keda.sh", Kind: "ScaledObject"}
)

// NoteTarget notes what an autoscaler scales.
func NoteTarget(targets map[object.Key]string, u *unstructured.Unstructured) {
	kind := u.GroupVersionKind().GroupKind()
	if kind != AutoscalerKind.GroupKind() && kind != scaledObjectKind {
		return
	}
	target, _, _ := unstructured.NestedStringMap(u.Object, "spec", "scaleTargetRef")
	version := target["apiVersion"]
	if kind == scaledObjectKind {
		version = cmp.Or(version, "apps/v1")
	}
	gv, err := schema.ParseGroupVersion(version)
	if err != nil || target["name"] == "" {
		return
	}
	key := object.Key{
		GroupKind: schema.GroupKind{Group: gv.Group, Kind: cmp.Or(target["kind"], "Deployment")},
		Namespace: u.GetNamespace(), Name: target["name"],
	}
	targets[key] = nameOf(u)
}

// nameOf names an autoscaler, and first what it is made of: a HorizontalPodAutoscaler of KEDA is in nobody's manifests.
func nameOf(u *unstructured.Unstructured) string {
	name := server.RefOf(u, schema.GroupVersionResource{}).String()
	if owner := metav1.GetControllerOf(u); owner != nil {
		return fmt.Sprintf("%s %s/%s, by its %s,", owner.Kind, u.GetNamespace(), owner.Name, name)
	}
	return name
}
