package apply_test

import (
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// web is a small app; the arguments are its image tag and a value of its configuration.
func web(tag, greeting string) string {
	return strings.NewReplacer("TAG", tag, "GREETING", greeting).Replace(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
      - {name: web, image: "registry.example/web:TAG", env: [{name: A, value: "1"}]}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {greeting: GREETING}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: web}}
`)
}

func TestApply(t *testing.T) {
	opts := in(t, "apply")
	for _, test := range []struct {
		name, manifests string
		want            []string
	}{
		{"first_apply_creates", web("1", "hi"), []string{
			"created apps/v1 Deployment apply/web", "created v1 Service apply/web", "created v1 ConfigMap apply/web",
			"created v1 ServiceAccount apply/web"}},
		{"second_apply_changes_nothing", web("1", "hi"), []string{
			"unchanged apps/v1 Deployment apply/web", "unchanged v1 Service apply/web", "unchanged v1 ConfigMap apply/web",
			"unchanged v1 ServiceAccount apply/web"}},
		{"a_change_is_configured", web("2", "hi"), []string{
			"configured apps/v1 Deployment apply/web", "unchanged v1 Service apply/web", "unchanged v1 ConfigMap apply/web",
			"unchanged v1 ServiceAccount apply/web"}},
		{"a_namespace_on_a_cluster_scoped_object_is_dropped",
			`{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: apply-low, namespace: apply}, value: 1}`,
			[]string{
				"created scheduling.k8s.io/v1 PriorityClass apply-low"}},
		{"a_field_no_longer_set_is_removed", `{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}`,
			[]string{"configured v1 ConfigMap apply/web"}},
	} {
		t.Run(test.name, func(t *testing.T) { same(t, test.want, told(must(t, test.manifests, opts))) })
	}
	same(t, any("registry.example/web:2"), field(live(t, "deployments.v1.apps", "apply", "web"), "spec", "template",
		"spec", "containers").([]any)[0].(map[string]any)["image"])
	same(t, nil, field(live(t, "configmaps.v1.", "apply", "web"), "data"))
}

func TestStringData_key_dropped(t *testing.T) {
	opts := in(t, "string-data")
	must(t, `{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: one, b: two}, data: {c: dGhyZWU=}}`, opts)
	must(t, `{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: uno}}`, opts)
	same(t, any(map[string]any{"a": "dW5v"}), field(live(t, "secrets.v1.", "string-data", "s"), "data"))
}

func TestRefused_before_anything_is_applied(t *testing.T) {
	opts := in(t, "all-or-nothing")
	set, findings := refused(t, server(t), web("1", "hi")+`
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: Bad_Name}}
---
{apiVersion: v1, kind: Service, metadata: {name: no-ports}, spec: {clusterIP: nonsense}}
`, opts)
	same(t, change.Set(nil), set)
	same(t, 2, len(findings))
	same(t, true, live(t, "configmaps.v1.", "all-or-nothing", "web") == nil)
}

func TestNothing(t *testing.T) {
	set, findings := refused(t, server(t), "", apply.DefaultOptions())
	same(t, change.Set(nil), set)
	same(t, []finding.Finding(nil), findings)
}
