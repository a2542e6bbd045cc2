//go:build linux

package hostile

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// A webhook that swaps the image of what is applied is found out, and the outputs name what runs.
func TestWebhook_that_swaps_an_image_is_found_out(t *testing.T) {
	const namespace = "hostile-swap"
	a := behind(t, namespace, func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method == http.MethodPatch && strings.Contains(r.URL.Path, "podtemplates") {
			body, _ := io.ReadAll(r.Body)
			body = bytes.ReplaceAll(body, []byte("/"+namespace+":v1"), []byte("/"+namespace+":evil"))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Del("Content-Length")
		}
		return false
	})
	r := a.deploy("swap", "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: mounts}\ntemplate: {spec: {containers: "+
		"[{name: c, image: app}], volumes: [{name: files, image: {reference: "+
		strings.TrimPrefix(a.env["INPUT_IMAGES"], "app=")+":v1}}]}}\n")
	output := read(t, a.env["GITHUB_OUTPUT"])
	if !strings.Contains(r.log(), "runs "+strings.TrimPrefix(a.env["INPUT_IMAGES"], "app=")+":evil in place of") ||
		!strings.Contains(r.log(), "volume files has the files of ") || strings.Contains(output, "\nok\n") ||
		!strings.Contains(output, namespace+":evil") {
		t.Errorf("status %d, outputs %s\n%s", r.status, output, r.log())
	}
}

// A webhook that adds a container to pods leaves the workload as it is. The container is found out, unless the plan has
// seen it.
func TestWebhook_that_adds_a_container_to_pods_is_found_out(t *testing.T) {
	const app = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\n" +
		"spec: {selector: {matchLabels: {app: app}}, template: {metadata: {labels: {app: app}}, " +
		"spec: {containers: [{name: app, image: app}]}}}\n"
	for _, test := range []struct {
		namespace string
		// answersDryRuns: the plan sees what the webhook does.
		answersDryRuns bool
	}{{"hostile-hidden-sidecar", false}, {"hostile-open-sidecar", true}} {
		t.Run(test.namespace, func(t *testing.T) {
			a := behind(t, test.namespace, honest)
			sidecar := strings.TrimPrefix(a.env["INPUT_IMAGES"], "app=") + ":sidecar"
			push(t, sidecar)
			a.addToPods(sidecar, test.answersDryRuns)
			r := a.deploy("sidecar", app)
			want := fmt.Sprintf("Deployment %s/app: container added runs %s, which the manifest does not name", test.namespace,
				sidecar)
			if r.status != 0 || strings.Contains(r.log(), want) == test.answersDryRuns {
				t.Errorf("status %d, or %q is (not) in the log\n%s", r.status, want, r.log())
			}
		})
	}
}

// addToPods has a webhook add a container to the pods of the job's namespace, and waits until it does.
func (a attacked) addToPods(image string, inDryRuns bool) {
	a.t.Helper()
	patch := fmt.Sprintf(`[{"op": "add", "path": "/spec/containers/-", "value": {"name": "added", "image": %q}}]`, image)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		review := reviewed(r)
		answer := map[string]any{"uid": review.Request.UID, "allowed": true}
		if inDryRuns || !review.Request.DryRun {
			answer["patchType"], answer["patch"] = "JSONPatch", []byte(patch)
		}
		respond(w, answer)
	}))
	a.t.Cleanup(server.Close)
	a.configure(server, podWebhook)
	pods := a.client.CoreV1().Pods(a.namespace)
	for a.t.Context().Err() == nil { // the API server hears of a webhook a moment later
		pod, err := pods.Create(a.t.Context(), &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "try-"},
			Spec:       corev1.PodSpec{NodeName: "none", Containers: []corev1.Container{{Name: "app", Image: image}}},
		}, metav1.CreateOptions{})
		if err != nil {
			continue // its ServiceAccount is made a moment after its namespace
		}
		_ = pods.Delete(a.t.Context(), pod.Name, *metav1.NewDeleteOptions(0))
		if len(pod.Spec.Containers) > 1 {
			return
		}
	}
}

// A webhook that refuses dry runs may refuse nothing else: what the server makes of the workload is not known, and the
// deploy goes on.
func TestWebhook_that_refuses_dry_runs_stops_no_deploy(t *testing.T) {
	a := behind(t, "hostile-no-dry-runs", honest)
	asked := make(chan bool, 100)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		review := reviewed(r)
		select {
		case asked <- review.Request.DryRun:
		default:
		}
		answer := map[string]any{"uid": review.Request.UID, "allowed": !review.Request.DryRun}
		if review.Request.DryRun {
			answer["status"] = map[string]any{"message": "this webhook does not support dryRun requests"}
		}
		respond(w, answer)
	}))
	t.Cleanup(server.Close)
	a.configure(server, strings.NewReplacer("resources: [pods]", "resources: [pods, deployments]",
		`apiGroups: [""]`, `apiGroups: ["", apps]`).Replace(podWebhook))
	for t.Context().Err() == nil && len(asked) == 0 { // the API server hears of a webhook a moment later
		_, _ = a.client.CoreV1().Pods(a.namespace).Create(t.Context(), &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "try-"},
			Spec:       corev1.PodSpec{NodeName: "none", Containers: []corev1.Container{{Name: "app", Image: "app"}}},
		}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	}
	r := a.deploy("app", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\n"+
		"spec: {selector: {matchLabels: {app: app}}, template: {metadata: {labels: {app: app}}, "+
		"spec: {containers: [{name: app, image: app}]}}}\n")
	want := "warning plan-incomplete: What the API server makes of Deployment hostile-no-dry-runs/app is not known " +
		"before the apply, since it refuses dry runs: admission webhook"
	if r.status != 0 || !strings.Contains(r.log(), want) || !strings.Contains(r.log(), "1 of 1 pods ready") {
		t.Errorf("status %d, or %q is not in the log\n%s", r.status, want, r.log())
	}
}

// review is what the API server asks a webhook.
type review struct {
	Request struct {
		UID    string
		DryRun bool
	}
}

func reviewed(r *http.Request) (asked review) {
	_ = json.NewDecoder(r.Body).Decode(&asked)
	return asked
}

func respond(w http.ResponseWriter, answer map[string]any) {
	_ = json.NewEncoder(w).Encode(map[string]any{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
		"response": answer})
}

// configure has the API server ask a webhook about objects of the job's namespace, which it makes.
func (a attacked) configure(server *httptest.Server, definition string) {
	a.t.Helper()
	var webhook admissionv1.MutatingWebhookConfiguration
	err := yaml.Unmarshal([]byte(strings.ReplaceAll(definition, "NAMESPACE", a.namespace)), &webhook)
	if err == nil {
		webhook.Webhooks[0].ClientConfig = admissionv1.WebhookClientConfig{URL: &server.URL,
			CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})}
		_, err = a.client.CoreV1().Namespaces().Create(a.t.Context(),
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: a.namespace}}, metav1.CreateOptions{})
	}
	if err == nil {
		_, err = a.client.AdmissionregistrationV1().MutatingWebhookConfigurations().Create(a.t.Context(), &webhook,
			metav1.CreateOptions{})
	}
	if err != nil {
		a.t.Fatal(err)
	}
}

const podWebhook = `
metadata: {name: NAMESPACE}
webhooks:
- name: NAMESPACE.tests.example
  rules: [{apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAMESPACE}}
  sideEffects: NoneOnDryRun
  admissionReviewVersions: [v1]
`
