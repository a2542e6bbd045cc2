package snapshot

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func TestAdmittedPod(t *testing.T) {
	const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: shop}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: app}}
    spec: {restartPolicy: Always, containers: [{name: app, image: a, resources: {requests: {cpu: 100m}}}]}
`
	const pod = `
metadata: {name: app-1, namespace: shop, labels: {app: app, pod-template-hash: x},
  ownerReferences: [{kind: ReplicaSet, name: app-x, apiVersion: apps/v1, uid: u, controller: true}]}
spec:
  restartPolicy: Always
  nodeName: somewhere
  nodeSelector: {added: by-admission}
  containers:
  - {name: app, image: a, resources: {requests: {cpu: 100m}, limits: {memory: 1Gi}}}
  - {name: sidecar, image: b}
`
	for _, test := range []struct {
		name    string
		live    func(*unstructured.Unstructured)
		pod     func(*corev1.Pod)
		missing bool // nothing is known: the server has to be asked
		sidecar bool
	}{
		{name: "a_pod_of_the_template", sidecar: true},
		{name: "a_pod_of_another_image", pod: func(p *corev1.Pod) { p.Spec.Containers[0].Image = "b" }, missing: true},
		{name: "a_pod_of_other_labels", pod: func(p *corev1.Pod) { delete(p.Labels, "app") }, missing: true},
		{name: "a_pod_of_nobody", pod: func(p *corev1.Pod) { p.OwnerReferences = nil }, missing: true},
		{name: "a_pod_that_is_deleted", pod: func(p *corev1.Pod) { p.DeletionTimestamp = &metav1.Time{} }, missing: true},
		{name: "a_container_less", pod: func(p *corev1.Pod) { p.Spec.Containers = nil }, missing: true},
		{name: "no_replicas", live: func(u *unstructured.Unstructured) {
			_ = unstructured.SetNestedField(u.Object, int64(0), "spec", "replicas")
		}},
		{name: "pods_that_differ", live: func(u *unstructured.Unstructured) { u.SetKind("DaemonSet") }, missing: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			live, of := &unstructured.Unstructured{}, &corev1.Pod{}
			if err := yaml.Unmarshal([]byte(deployment), &live.Object); err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal([]byte(pod), of); err != nil {
				t.Fatal(err)
			}
			_ = unstructured.SetNestedField(live.Object, int64(2), "spec", "replicas")
			if test.live != nil {
				test.live(live)
			}
			if test.pod != nil {
				test.pod(of)
			}
			got := admittedPod(live, []*corev1.Pod{of})
			if (got == nil) != test.missing {
				t.Fatalf("got %v", got)
			}
			if got == nil {
				return
			}
			if hasSidecar := len(got.Spec.Containers) == 2; hasSidecar != test.sidecar || got.Spec.NodeName != "" {
				t.Errorf("got %+v", got.Spec)
			}
		})
	}
}
