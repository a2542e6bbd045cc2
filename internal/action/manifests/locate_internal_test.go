package manifests

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize"
)

func TestLocate_knows_objects_without_a_namespace(t *testing.T) {
	manifest := func(apiVersion, kind, namespace, name string, line int) kustomize.Object {
		u := &unstructured.Unstructured{Object: map[string]any{}}
		u.SetAPIVersion(apiVersion)
		u.SetKind(kind)
		u.SetNamespace(namespace)
		u.SetName(name)
		return kustomize.Object{Unstructured: u, Source: kustomize.Source{File: "all.yaml", Line: line}}
	}
	m := Manifests{Objects: []kustomize.Object{
		manifest("v1", "Service", "", "web", 1), manifest("v1", "Service", "other", "web", 2),
		manifest("rbac.authorization.k8s.io/v1", "Role", "", "web", 3),
		manifest("v1", "PersistentVolumeClaim", "", "data", 4),
		manifest("rbac.authorization.k8s.io/v1", "ClusterRole", "", "web", 5),
	}}
	for id, want := range map[string]int{
		"v1 Service shop/web": 1, "v1 Service other/web": 2, "v1 Service web": 1,
		"rbac.authorization.k8s.io/v1 Role shop/web": 3,
		"v1 PersistentVolumeClaim shop/data":         4, "rbac.authorization.k8s.io/v1 ClusterRole web": 5,
		"v1 Service shop/web-2": 0, "v1 Secret shop/web": 0, "": 0,
	} {
		if got := m.Locate(finding.Finding{Object: id}).Line; got != want {
			t.Errorf("%q: line %d, want %d", id, got, want)
		}
	}
}
