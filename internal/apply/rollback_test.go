package apply_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
)

func rollback(t *testing.T, set change.Set, opts apply.Options) change.Set {
	t.Helper()
	back, err := applier(t, server(t)).Rollback(t.Context(), set, opts)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// state is an object without what changes with each write.
func state(t *testing.T, resource, namespace, name string) map[string]any {
	t.Helper()
	u := live(t, resource, namespace, name)
	if u == nil {
		return nil
	}
	unstructured.RemoveNestedField(u.Object, "status")
	for _, f := range []string{"resourceVersion", "generation", "managedFields"} {
		unstructured.RemoveNestedField(u.Object, "metadata", f)
	}
	unstructured.RemoveNestedField(u.Object, "metadata", "annotations", "deployment.kubernetes.io/revision")
	if len(u.GetAnnotations()) == 0 {
		u.SetAnnotations(nil)
	}
	return u.Object
}

func TestRollback(t *testing.T) {
	opts := in(t, "rollback")
	must(t, web("1", "hi"), opts)
	was := []map[string]any{state(t, "deployments.v1.apps", "rollback", "web"),
		state(t, "services.v1.", "rollback", "web"), state(t, "configmaps.v1.", "rollback", "web")}

	next := strings.NewReplacer(
		"replicas: 2", "replicas: 3\n  minReadySeconds: 5",
		`{name: A, value: "1"}`, `{name: B, value: "2"}`,
		"{port: 80, targetPort: 8080}", "{name: http, port: 80, targetPort: 8080}, {name: more, port: 81}",
		"greeting: new", "farewell: bye",
	).Replace(web("2", "new")) + "\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: extra}, data: {a: b}}"
	set := must(t, next, opts)

	same(t, []string{
		"rolled-back apps/v1 Deployment rollback/web", "rolled-back v1 Service rollback/web",
		"rolled-back v1 ConfigMap rollback/web", "rolled-back v1 ConfigMap rollback/extra",
	}, told(rollback(t, set, opts)))
	same(t, was, []map[string]any{state(t, "deployments.v1.apps", "rollback", "web"),
		state(t, "services.v1.", "rollback", "web"), state(t, "configmaps.v1.", "rollback", "web")})
	same(t, true, live(t, "configmaps.v1.", "rollback", "extra") == nil)

	// The fields are ours as they were: the earlier manifests change nothing, and later ones meet no conflict.
	same(t, []string{
		"unchanged apps/v1 Deployment rollback/web", "unchanged v1 Service rollback/web",
		"unchanged v1 ConfigMap rollback/web", "unchanged v1 ServiceAccount rollback/web",
	}, told(must(t, web("1", "hi"), opts)))
	must(t, next, opts)
}

func TestRollback_of_fields_taken_from_another(t *testing.T) {
	opts := in(t, "rollback-forced")
	theirs := opts
	theirs.FieldManager = "other-team"
	must(t, web("1", "hi"), theirs)
	was := state(t, "deployments.v1.apps", "rollback-forced", "web")

	opts.ForceConflicts = true
	rollback(t, must(t, strings.Replace(web("2", "new"), "replicas: 2", "replicas: 9", 1), opts), opts)
	same(t, was, state(t, "deployments.v1.apps", "rollback-forced", "web"))
	same(t, any("hi"), field(live(t, "configmaps.v1.", "rollback-forced", "web"), "data", "greeting"))
}

func TestRollback_leaves_what_others_did_meanwhile(t *testing.T) {
	opts := in(t, "rollback-meanwhile")
	const before = "{apiVersion: v1, kind: ConfigMap, metadata: {name: kept}, data: {a: one}}\n---\n{apiVersion: v1, " +
		"kind: ConfigMap, metadata: {name: deleted}, data: {a: one}}"
	must(t, before, opts)
	set := must(t, strings.ReplaceAll(before, "one", "two")+"\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: "+
		"replaced}}", opts)

	client, err := dynamic.NewForConfig(server(t))
	if err != nil {
		t.Fatal(err)
	}
	maps := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}).Namespace(opts.Namespace)
	for _, name := range []string{"deleted", "replaced"} {
		if err := maps.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	theirs := opts
	theirs.FieldManager = "other-team"
	must(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: replaced}, data: {b: theirs}}\n---\n{apiVersion: v1, "+
		"kind: ConfigMap, metadata: {name: kept}, data: {b: theirs}}", theirs)

	back, err := applier(t, server(t)).Rollback(t.Context(), set, opts)
	same(t, []string{"rolled-back v1 ConfigMap rollback-meanwhile/kept"}, told(back))
	if err == nil || !strings.HasPrefix(err.Error(), "ConfigMap rollback-meanwhile/deleted was not rolled back: ") {
		t.Errorf("error %v does not name the object that is gone", err)
	}
	same(t, any(map[string]any{"a": "one", "b": "theirs"}),
		field(live(t, "configmaps.v1.", opts.Namespace, "kept"), "data"))
	same(t, any(map[string]any{"b": "theirs"}), field(live(t, "configmaps.v1.", opts.Namespace, "replaced"), "data"))
	same(t, true, live(t, "configmaps.v1.", opts.Namespace, "deleted") == nil)
}
