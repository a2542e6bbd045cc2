package apply_test

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// webhook puts an admission webhook before some objects of a namespace, which answers with response.
func webhook(t *testing.T, namespace string, response map[string]any) *httptest.Server {
	t.Helper()
	kind := "ValidatingWebhookConfiguration"
	if response["patch"] != nil {
		kind = "MutatingWebhookConfiguration"
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review struct{ Request struct{ UID string } }
		_ = json.NewDecoder(r.Body).Decode(&review)
		answer := map[string]any{"uid": review.Request.UID}
		for k, v := range response {
			answer[k] = v
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
			"response": answer})
	}))
	t.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	must(t, strings.NewReplacer("KIND", kind, "NAMESPACE", namespace, "URL", server.URL, "BUNDLE",
		base64.StdEncoding.EncodeToString(ca)).Replace(`
apiVersion: admissionregistration.k8s.io/v1
kind: KIND
metadata: {name: NAMESPACE}
webhooks:
- name: NAMESPACE.tests.example
  clientConfig: {url: "URL", caBundle: BUNDLE}
  rules: [{apiGroups: ["", apps], apiVersions: [v1], resources: [configmaps, secrets, deployments], operations: [CREATE, UPDATE]}]
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAMESPACE}}
  sideEffects: None
  admissionReviewVersions: [v1]
`), apply.DefaultOptions())
	return server
}

// eventually applies until the API server has heard of the webhook, which it does a moment after it was configured.
func eventually(t *testing.T, opts apply.Options, heard func() bool) []finding.Finding {
	t.Helper()
	for t.Context().Err() == nil {
		_, findings := refused(t, server(t), maps("a"), opts)
		if len(findings) > 0 || heard() {
			return findings
		}
		must(t, strings.Replace(maps("a"), "of: a", "of: b", 1), opts)
	}
	return nil
}

func never() bool { return false }

func TestWebhook_that_denies(t *testing.T) {
	opts := in(t, "denied")
	webhook(t, "denied", map[string]any{"allowed": false, "status": map[string]any{"message": "no ConfigMaps on Fridays"}})
	same(t, []finding.Finding{{
		Code: finding.ApplyRejected, Severity: finding.Error, Object: "v1 ConfigMap denied/a",
		Message: `ConfigMap denied/a: admission webhook "denied.tests.example" denied the request: no ConfigMaps on Fridays`,
		Fix:     `Change the object as the webhook says, or ask whoever runs "denied.tests.example" in this cluster.`,
	}}, eventually(t, opts, never))
}

func TestWebhook_that_is_down(t *testing.T) {
	opts := in(t, "webhook-down")
	webhook(t, "webhook-down", map[string]any{"allowed": true}).Close()
	findings := eventually(t, opts, never)
	same(t, 1, len(findings))
	same(t, `The service behind webhook "webhook-down.tests.example" does not answer: look at its pods, then deploy again.`, findings[0].Fix)
}

func TestWarnings_are_heard(t *testing.T) {
	opts := in(t, "warned")
	var mu sync.Mutex
	var heard []string
	opts.Progress = func(e progress.Event) {
		mu.Lock()
		defer mu.Unlock()
		if m, ok := e.(progress.Message); ok {
			heard = append(heard, m.Text)
		}
	}
	webhook(t, "warned", map[string]any{"allowed": true, "warnings": []string{"ConfigMaps go out of fashion"}})
	same(t, 0, len(eventually(t, opts, func() bool { return len(heard) > 0 })))
	same(t, []string{"warning: ConfigMap warned/a: ConfigMaps go out of fashion"}, slices.Compact(heard))
}

func TestApply_reports_images_that_a_webhook_replaced_or_added(t *testing.T) {
	opts := in(t, "swapped")
	patch := `[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "mirror.example/web:1"},
		{"op": "add", "path": "/spec/template/spec/initContainers", "value": [{"name": "mesh", "image": "mesh.example/proxy:1"}]}]`
	webhook(t, "swapped", map[string]any{
		"allowed": true, "patchType": "JSONPatch", "patch": base64.StdEncoding.EncodeToString([]byte(patch)),
	})
	const look = "Look for the admission webhook or policy that does so: kubectl get " +
		"mutatingwebhookconfigurations,mutatingadmissionpolicies. "
	want := []finding.Finding{{
		Code: finding.BinaryUnchecked, Severity: finding.Warning, Object: "apps/v1 Deployment swapped/web", Container: "mesh",
		Image: "mesh.example/proxy:1",
		Message: "Deployment swapped/web: container mesh runs mesh.example/proxy:1, which the manifest does not name: the " +
			"cluster added it, and it was not verified.",
		Fix: look + "If that is intended, let the webhook answer dry runs (sideEffects: None), so that the plan looks at " +
			"what it adds.",
	}, {
		Code: finding.BinaryUnchecked, Severity: finding.Warning, Object: "apps/v1 Deployment swapped/web", Container: "web",
		Image: "mirror.example/web:1",
		Message: "Deployment swapped/web: container web runs mirror.example/web:1 in place of registry.example/web:1: the " +
			"cluster replaced the image, and this one was not verified.",
		Fix: look + "If that is intended, write the image that is to run into the kustomization, so that it is verified.",
	}}
	for t.Context().Err() == nil { // the API server hears of the webhook a moment later
		set, findings, err := applier(t, server(t)).Plan(t.Context(), manifests(t, web("1", "hi"))[:1], opts)
		same(t, nil, err)
		if len(findings) == 0 {
			continue
		}
		same(t, want, findings)
		same(t, []change.OtherImage{{Container: "mesh", Runs: "mesh.example/proxy:1"},
			{Container: "web", Wanted: "registry.example/web:1", Runs: "mirror.example/web:1"}}, set[0].OtherImages)
		break
	}
	set, findings, err := applier(t, server(t)).Apply(t.Context(), manifests(t, web("1", "hi"))[:1], opts)
	same(t, nil, err)
	same(t, 1, len(set))
	same(t, want, findings)
	opts.Foreseen = func(wanted, runs string) bool { return strings.HasSuffix(runs, "/web:1") || wanted == "" }
	_, findings, _ = applier(t, server(t)).Apply(t.Context(), manifests(t, web("1", "hi"))[:1], opts)
	same(t, 0, len(findings))
}
