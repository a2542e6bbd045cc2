package rollout_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// What used to wait in silence until the deadline ends within a grace, and is reported when it is first seen.
func TestWatch_says_why_long_before_the_deadline(t *testing.T) {
	pushImages(t)
	tests := []struct {
		name, object string
		// enforce is the namespace's level of Pod Security.
		enforce  string
		first    string // what the log shows first
		findings []string
	}{
		{
			name: "a_missing_secret_of_a_variable", first: "variable URL of container c names Secret db, which does not exist.",
			object: withSpec("nodeSelector: {kubernetes.io/hostname: arm-0}",
				"{name: c, image: IMAGE/good:1, env: [{name: URL, valueFrom: {secretKeyRef: {name: db, key: url}}}]}"),
			findings: []string{"error missing-reference c arm64"},
		},
		{
			name: "a_missing_secret_of_a_volume", first: "volume tls names Secret cert, which does not exist.",
			object: withSpec("nodeSelector: {kubernetes.io/hostname: arm-0}\n      volumes: [{name: tls, secret: "+
				"{secretName: cert}}]", "{name: c, image: IMAGE/good:1, volumeMounts: [{name: tls, mountPath: /tls}]}"),
			findings: []string{"error missing-reference  arm64"},
		},
		{
			name: "a_missing_claim", first: "claim data, which its volume store uses, does not exist.",
			object: withSpec("volumes: [{name: store, persistentVolumeClaim: {claimName: data}}]",
				"{name: c, image: IMAGE/good:1, volumeMounts: [{name: store, mountPath: /data}]}"),
			findings: []string{"error missing-reference  "},
		},
		{
			name: "a_missing_service_account", first: "its pods cannot be created: error looking up service account",
			object:   deployment("good:1", "\n      serviceAccountName: web"),
			findings: []string{"error pods-refused  "},
		},
		{
			name: "a_statefulset_without_its_service_account", first: "its pods cannot be created: error looking up service " +
				"account",
			object:   statefulSet("good:1", "arm-0") + "\n      serviceAccountName: web",
			findings: []string{"error pods-refused  "},
		},
		{
			name: "pod_security", enforce: "restricted", first: "violates PodSecurity \"restricted:latest\"",
			object:   deployment("good:1", ""),
			findings: []string{"error pods-refused  "},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t)
			if test.enforce != "" {
				s.enforce(t, test.enforce)
			}
			var seen []string
			opts := s.options(t)
			opts.Progress = func(e progress.Event) {
				if m, ok := e.(progress.Message); ok {
					seen = append(seen, m.Text)
				}
			}
			start := time.Now()
			result, err := rollout.Watch(t.Context(), s.Cluster, s.apply(t, test.object), opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(test.findings, reduce(result).Findings); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(seen) == 0 || !strings.Contains(seen[0], test.first) {
				t.Errorf("first seen %q, want %q", seen, test.first)
			}
			if took := time.Since(start); took > 3*time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func (s shop) enforce(t *testing.T, level string) {
	t.Helper()
	patch := `{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"` + level + `"}}}`
	if _, err := s.client.CoreV1().Namespaces().Patch(t.Context(), s.namespace, types.MergePatchType, []byte(patch),
		metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

// A StatefulSet whose pod of the revision before is broken waits for it for ever. The pod is named with its cause;
// where that is asked for, it is deleted, and the rollout comes to its end.
func TestWatch_of_a_statefulset_behind_a_broken_pod(t *testing.T) {
	t.Parallel()
	pushImages(t)
	s := openShop(t)
	opts := s.options(t)
	watch := func(image string) rollout.Result {
		result, err := rollout.Watch(t.Context(), s.Cluster, s.apply(t, statefulSet(image, "arm-0")), opts)
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	watch("good:1")
	if diff := gocmp.Diff([]string{"error image-not-found c arm64"}, reduce(watch("gone:1")).Findings); diff != "" {
		t.Fatalf("the bad image (-want +got):\n%s", diff)
	}
	start := time.Now()
	stuck := watch("good:1")
	const want = "This pod is of an earlier revision, and StatefulSet"
	if len(stuck.Findings) != 1 || !strings.Contains(stuck.Findings[0].Message, want) ||
		!strings.HasPrefix(stuck.Findings[0].Fix, "Delete the pod") {
		t.Errorf("got %+v, want a finding with %q", stuck.Findings, want)
	}
	if took := time.Since(start); took > 3*time.Minute {
		t.Errorf("it took %s", took)
	}
	opts.ReplaceStuck = true
	if diff := gocmp.Diff(outcome{Ready: 2, Pods: 2}, reduce(watch("good:1"))); diff != "" {
		t.Errorf("with the pod deleted (-want +got):\n%s", diff)
	}
}

// A CronJob's claim has no volume until the job runs: that is no failure.
func TestWatch_of_a_claim_that_waits_for_its_first_pod(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	class := &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: s.namespace}, Provisioner: "example.com/disk",
		VolumeBindingMode: new(storagev1.VolumeBindingWaitForFirstConsumer),
	}
	if _, err := s.client.StorageV1().StorageClasses().Create(t.Context(), class, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	claim := "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: " +
		class.Name +
		", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"
	start := time.Now()
	result, err := rollout.Watch(t.Context(), s.Cluster, s.apply(t, claim), s.options(t))
	if err != nil || len(result.Findings) > 0 || !result.Objects[0].Done {
		t.Errorf("got %+v, %v", result, err)
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %s", took)
	}
}

// A custom kind without a status has nothing to wait for; one with a status is waited for until it reports.
func TestWatch_of_custom_kinds(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	group := s.namespace + ".example.com"
	define := func(kind, subresources string) {
		s.applyTo(t, "", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"+
			"metadata: {name: "+strings.ToLower(kind)+"s."+group+"}\n"+
			"spec:\n  group: "+group+"\n  scope: Namespaced\n  names: {kind: "+kind+", plural: "+strings.ToLower(kind)+"s}\n"+
			"  versions: [{name: v1, served: true, storage: true"+subresources+", schema: {openAPIV3Schema: {type: object, "+
			"x-kubernetes-preserve-unknown-fields: true}}}]")
	}
	define("Plain", "")
	define("Cart", ", subresources: {status: {}}")
	s.await(t, group, "Plain", "Cart", "Cart/status")
	opts := s.options(t)
	start := time.Now()
	result, err := rollout.Watch(t.Context(), s.Cluster,
		s.apply(t, "apiVersion: "+group+"/v1\nkind: Plain\nmetadata: {name: a}"), opts)
	if err != nil || !result.Objects[0].Done || time.Since(start) > time.Minute {
		t.Errorf("without a status: %+v after %s, %v", result, time.Since(start), err)
	}
	cart := s.apply(t, "apiVersion: "+group+"/v1\nkind: Cart\nmetadata: {name: b}")
	var reports sync.WaitGroup
	reports.Go(func() {
		time.Sleep(3 * time.Second)
		s.setStatus(t, cart[0], map[string]any{"observedGeneration": "1", "phase": "Pending"})
		time.Sleep(10 * time.Second)
		s.setStatus(t, cart[0], map[string]any{"observedGeneration": "1", "phase": "Ready"})
	})
	defer reports.Wait()
	start = time.Now()
	result, err = rollout.Watch(t.Context(), s.Cluster, cart, opts)
	if took := time.Since(start); err != nil || !result.Objects[0].Done || took < 12*time.Second {
		t.Errorf("with a status that comes late: %+v after %s, %v", result, took, err)
	}
}

// withSpec is a Deployment with fields of its pod's spec and one container.
func withSpec(fields, container string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec:\n  replicas: 2" + template + "\n      " +
		fields + "\n      containers: [" + container + "]"
}

// await waits until the API server serves a group, and learns of its kinds.
func (s shop) await(t *testing.T, group string, kinds ...string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		list, err := s.client.Discovery().ServerResourcesForGroupVersion(group + "/v1")
		if err == nil && len(list.APIResources) >= len(kinds) {
			s.Mapper.(meta.ResettableRESTMapper).Reset()
			return
		}
	}
	t.Fatalf("the API server does not serve %s", group)
}

// setStatus reports as a controller would.
func (s shop) setStatus(t *testing.T, u *unstructured.Unstructured, status map[string]any) {
	mapping, err := s.Mapper.RESTMapping(u.GroupVersionKind().GroupKind(), "v1")
	if err != nil {
		t.Error(err)
		return
	}
	patch, err := json.Marshal(map[string]any{"status": status})
	if err == nil {
		_, err = s.Client.Resource(mapping.Resource).Namespace(s.namespace).Patch(context.Background(), u.GetName(),
			types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	}
	if err != nil {
		t.Error(err)
	}
}
