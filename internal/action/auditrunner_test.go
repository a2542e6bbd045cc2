package action_test

import (
	"context"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// runnerKind is a kind of which each object makes one pod by its template. The test is its controller.
const runnerKind = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: runners.example.com}
spec:
  group: example.com
  names: {kind: Runner, plural: runners}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              template: {type: object, x-kubernetes-preserve-unknown-fields: true}
`

func runnersOf(t *testing.T, cluster *localcluster.Cluster) dynamic.ResourceInterface {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	return dynamic.NewForConfigOrDie(config).Resource(
		schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "runners"}).Namespace("default")
}

// createRunner creates the object of a case, and its pod.
func (w *auditWorld) createRunner(ctx context.Context, c auditedCase) error {
	template := w.template(c)
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&template)
	if err != nil {
		return err
	}
	runner := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "example.com/v1", "kind": "Runner",
		"metadata": map[string]any{"name": c.name}, "spec": map[string]any{"template": fields}}}
	if _, err := w.runners.Create(ctx, runner, metav1.CreateOptions{}); err != nil {
		return err
	}
	return w.startRunner(ctx, c.name)
}

// startRunner makes a pod of an object as it is now.
func (w *auditWorld) startRunner(ctx context.Context, name string) error {
	runner, err := w.runners.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	fields, _, err := unstructured.NestedMap(runner.Object, "spec", "template")
	if err != nil {
		return err
	}
	var template corev1.PodTemplateSpec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &template); err != nil {
		return err
	}
	owner := metav1.NewControllerRef(runner, runner.GroupVersionKind())
	owner.BlockOwnerDeletion = nil
	_, err = w.api.CoreV1().Pods("default").Create(ctx, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		GenerateName: name + "-", Labels: template.Labels, OwnerReferences: []metav1.OwnerReference{*owner}},
		Spec: template.Spec}, metav1.CreateOptions{})
	return err
}

// endingImages are of a program that ends at once, by platform.
func endingImages(t *testing.T) map[string]v1.Image {
	t.Helper()
	source := t.TempDir()
	writeFile(t, filepath.Join(source, "go.mod"), "module example.com/ending\n\ngo 1.24\n")
	writeFile(t, filepath.Join(source, "main.go"), "package main\n\nfunc main() {}\n")
	platforms := []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}
	images, err := sampleapp.Build(t.Context(), sampleapp.App{Source: source}, platforms...)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]v1.Image{}
	for i, platform := range platforms {
		all[platform.String()] = images[i]
	}
	return all
}
