package action_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

// prepare makes the objects of a file, if there is one, each once the one before is ready to be used.
func prepare(t *testing.T, cluster *localcluster.Cluster, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	client := dynamic.NewForConfigOrDie(config)
	for _, document := range strings.Split(string(content), "\n---\n") {
		obj := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &obj.Object); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		resource, _ := meta.UnsafeGuessKindToResource(obj.GroupVersionKind())
		objects := client.Resource(resource).Namespace(obj.GetNamespace())
		if _, err := objects.Create(t.Context(), obj, metav1.CreateOptions{}); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		awaitUse(t, client, objects, obj)
	}
}

// awaitUse waits until others can use an object: a claim is bound, a kind is served, a quota is counted, a namespace
// has its service account.
func awaitUse(t *testing.T, client dynamic.Interface, objects dynamic.ResourceInterface,
	obj *unstructured.Unstructured) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	for ctx.Err() == nil {
		now, err := objects.Get(ctx, obj.GetName(), metav1.GetOptions{})
		if obj.GetKind() == "Namespace" && err == nil {
			accounts := schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
			_, err = client.Resource(accounts).Namespace(obj.GetName()).Get(ctx, "default", metav1.GetOptions{})
		}
		if err == nil && usable(now) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s %s does not become usable", obj.GetKind(), obj.GetName())
}

func usable(obj *unstructured.Unstructured) bool {
	switch obj.GetKind() {
	case "PersistentVolumeClaim":
		phase, _, _ := unstructured.NestedString(obj.Object, "status", "phase")
		return phase == "Bound"
	case "ResourceQuota":
		_, counted, _ := unstructured.NestedMap(obj.Object, "status", "hard")
		return counted
	case "CustomResourceDefinition":
		conditions, _, _ := unstructured.NestedSlice(obj.Object, "status", "conditions")
		for _, c := range conditions {
			if fields, _ := c.(map[string]any); fields["type"] == "Established" && fields["status"] == "True" {
				return true
			}
		}
		return false
	}
	return true
}

// localize names the images of a manifest that are no inputs.
func localize(t *testing.T, file, registry string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return
	}
	if err == nil {
		err = os.WriteFile(file, []byte(strings.ReplaceAll(string(content), "REGISTRY", registry)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
