package apply_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
)

func TestDiff(t *testing.T) {
	for _, test := range []struct{ name, before, after, want string }{
		{"nothing", `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`,
			`{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`, ``},
		{"only_what_the_server_writes",
			`{apiVersion: v1, kind: Pod, metadata: {name: c, uid: a, resourceVersion: "1", generation: 1, managedFields: [], creationTimestamp: x}, status: {phase: Pending}}`,
			`{apiVersion: v1, kind: Pod, metadata: {name: c, uid: b, resourceVersion: "2", generation: 2}, status: {phase: Running}}`, ``},
		{"a_value", `{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: shop}, data: {a: one}}`,
			`{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: shop}, data: {a: two}}`, `
--- live ConfigMap shop/c
+++ applied ConfigMap shop/c
@@ -1,6 +1,6 @@
 apiVersion: v1
 data:
-  a: one
+  a: two
 kind: ConfigMap
 metadata:
   name: c
`},
		{"a_new_object", ``, `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`, `
--- live (none)
+++ applied ConfigMap c
@@ -0,0 +1,4 @@
+apiVersion: v1
+kind: ConfigMap
+metadata:
+  name: c
`},
		{"a_secret_shows_which_values_differ_and_none_of_them",
			`{apiVersion: v1, kind: Secret, metadata: {name: s, annotations: {kubectl.kubernetes.io/last-applied-configuration: hunter2}}, data: {changed: aHVudGVyMQ==, gone: aHVudGVyMg==, same: aHVudGVyMw==}}`,
			`{apiVersion: v1, kind: Secret, metadata: {name: s, annotations: {}}, data: {changed: aHVudGVyNA==, added: aHVudGVyNQ==, same: aHVudGVyMw==}}`, `
--- live Secret s
+++ applied Secret s
@@ -1,7 +1,7 @@
 apiVersion: v1
 data:
-  changed: '*** (before)'
-  gone: '***'
+  added: '***'
+  changed: '*** (after)'
   same: '***'
 kind: Secret
 metadata:
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c change.Change
			if test.before != "" {
				c.Before = manifests(t, test.before)[0]
			}
			if test.after != "" {
				c.After = manifests(t, test.after)[0]
			}
			same(t, strings.TrimPrefix(test.want, "\n"), c.Diff())
		})
	}
}

func TestPlan_shows_what_the_server_would_make_of_it(t *testing.T) {
	opts := in(t, "plan")
	const secret = `{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {password: VALUE}}`
	must(t, strings.Replace(secret, "VALUE", "hunter1", 1)+"\n---\n"+web("1", "hi"), opts)
	set, findings := plan(t, strings.Replace(secret, "VALUE", "hunter2", 1)+"\n---\n"+web("2", "hi"), opts)
	same(t, 0, len(findings))
	same(t, []string{
		"configured v1 Secret plan/s", "configured apps/v1 Deployment plan/web", "unchanged v1 Service plan/web",
		"unchanged v1 ConfigMap plan/web", "unchanged v1 ServiceAccount plan/web",
	}, told(set))
	var text string
	for _, c := range set {
		text += c.Diff()
	}
	same(t, `--- live Secret plan/s
+++ applied Secret plan/s
@@
 apiVersion: v1
 data:
-  password: '*** (before)'
+  password: '*** (after)'
 kind: Secret
 metadata:
   name: s
--- live Deployment plan/web
+++ applied Deployment plan/web
@@
       - env:
         - name: A
           value: "1"
-        image: registry.example/web:1
+        image: registry.example/web:2
         imagePullPolicy: IfNotPresent
         name: web
         resources: {}
`, regexp.MustCompile(`@@ .* @@`).ReplaceAllString(text, "@@"))
	same(t, any("aHVudGVyMQ=="), field(live(t, "secrets.v1.", "plan", "s"), "data", "password"))
}
