package apply_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/ownership"
)

// random makes objects, and changes to them.
type random struct{ *rand.Rand }

// sometimes returns one of the values, or nil, which drops the field.
func (r random) sometimes(values ...any) any {
	if i := r.IntN(len(values) + 1); i < len(values) {
		return values[i]
	}
	return nil
}

func fields(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != nil {
			m[pairs[i].(string)] = pairs[i+1]
		}
	}
	return m
}

func (r random) labels() any {
	return r.sometimes(fields("a", "1"), fields("a", "2", "b", "1"), fields())
}

func (r random) list(make func(i int) any) []any {
	var all []any
	for _, i := range r.Perm(3)[:1+r.IntN(3)] {
		all = append(all, make(i))
	}
	return all
}

func (r random) container(i int) any {
	name := fmt.Sprintf("c%d", i)
	return fields("name", name, "image", "registry.example/"+name,
		"env", r.sometimes(r.list(func(i int) any {
			return fields("name", fmt.Sprintf("E%d", i), "value",
				r.sometimes("x", "y", ""))
		})),
		"ports", r.sometimes(r.list(func(i int) any {
			return fields("containerPort", int64(80+i), "protocol", r.sometimes("TCP"))
		})),
		"args", r.sometimes([]any{"a", "b"}, []any{"b"}),
		"resources", r.sometimes(fields(), fields("limits", fields("cpu", r.sometimes("1", "1000m", "500m")))),
		"readinessProbe", r.sometimes(fields("tcpSocket", fields("port", int64(80)))))
}

func (r random) object(kind string) map[string]any {
	metadata := fields("name", "x", "labels", r.labels(), "annotations", r.labels(), "finalizers",
		r.sometimes([]any{"tests.example/a"}))
	switch kind {
	case "PodTemplate": // a pod's spec that no controller writes to meanwhile
		template := fields("metadata", fields("labels", fields("app", "x")), "spec", fields(
			"containers", r.list(r.container), "nodeSelector", r.sometimes(fields("no", "node")),
			"volumes", r.sometimes([]any{fields("name", "v", "emptyDir", fields())}),
			"tolerations", r.sometimes([]any{fields("key", "a", "operator", "Exists")}, []any{}),
			"securityContext", r.sometimes(fields(), fields("runAsUser", int64(1)))))
		return fields("apiVersion", "v1", "kind", kind, "metadata", metadata, "template", template)
	case "Service":
		return fields("apiVersion", "v1", "kind", kind, "metadata", metadata, "spec",
			fields("selector", r.sometimes(fields("app", "x")),
				"ports", r.list(func(i int) any {
					return fields("name", fmt.Sprintf("p%d", i), "port", int64(80+i), "targetPort", r.sometimes(int64(1), "http"))
				})))
	default:
		return fields("apiVersion", "v1", "kind", "ConfigMap", "metadata", metadata, "data",
			r.sometimes(fields("k", "v"), fields("k", "w", "l", ""), fields()))
	}
}

// interfere has another manager change the live object, by an update or by an apply.
func (r random) interfere(t testing.TB, client dynamic.ResourceInterface, kind string) {
	switch r.IntN(4) {
	case 0:
		patch, _ := json.Marshal(fields("metadata", fields("labels", fields([]string{"a", "z"}[r.IntN(2)], "2"))))
		_, err := client.Patch(t.Context(), "x", types.MergePatchType, patch,
			metav1.PatchOptions{FieldManager: "kubectl-label"})
		ok(t, err)
	case 1:
		theirs := r.object(kind)
		delete(theirs["metadata"].(map[string]any), "finalizers")
		applyAs(t, client, theirs, "other-team")
	case 2:
		if kind == "PodTemplate" {
			patch := []byte(`{"template":{"metadata":{"annotations":{"restarted":"now"}}}}`)
			_, err := client.Patch(t.Context(), "x", types.StrategicMergePatchType, patch,
				metav1.PatchOptions{FieldManager: "kubectl-rollout"})
			ok(t, err)
		}
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil && !apierrors.IsInvalid(err) && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
}

// applyAs applies an object by force. It returns nil where the API server does not take it.
func applyAs(t testing.TB, client dynamic.ResourceInterface, object map[string]any,
	manager string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{Object: object}
	after, err := client.Apply(t.Context(), "x", u.DeepCopy(), metav1.ApplyOptions{FieldManager: manager, Force: true})
	ok(t, err)
	if err != nil {
		return nil
	}
	return after
}

// shortcuts makes n random cases, and returns in how many the shortcut called an object unchanged. In each of these a
// real apply must leave it unchanged too.
func shortcuts(t testing.TB, n int) (taken int) {
	opts := in(t, "shortcut")
	cfg := rest.CopyConfig(server(t))
	cfg.QPS, cfg.WarningHandler = -1, rest.NoWarnings{}
	client, err := dynamic.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	resources := map[string]schema.GroupVersionResource{
		"PodTemplate": {Version: "v1", Resource: "podtemplates"},
		"Service":     {Version: "v1", Resource: "services"}, "ConfigMap": {Version: "v1", Resource: "configmaps"},
	}
	for seed := range n {
		r := random{rand.New(rand.NewPCG(uint64(seed), 2))}
		kind := []string{"PodTemplate", "Service", "ConfigMap"}[r.IntN(3)]
		of := client.Resource(resources[kind]).Namespace(opts.Namespace)
		object := r.object(kind)
		if r.IntN(8) == 0 { // of a name alone, nothing is owned
			object = map[string]any{"apiVersion": "v1", "kind": kind, "metadata": map[string]any{"name": "x"}}
		}
		if applyAs(t, of, object, "multiarch-deploy") == nil {
			continue
		}
		if r.IntN(2) == 0 {
			r.interfere(t, of, kind)
		}
		if r.IntN(4) == 0 {
			object = r.object(kind)
		}
		now, err := of.Get(t.Context(), "x", metav1.GetOptions{})
		ok(t, err)
		u := &unstructured.Unstructured{Object: object}
		if err == nil && ownership.IsApplied(now, u, "multiarch-deploy") {
			taken++
			if after := applyAs(t, of, object, "multiarch-deploy"); after == nil ||
				after.GetResourceVersion() != now.GetResourceVersion() {
				t.Errorf("case %d: called unchanged, but an apply changes it:\n%v\n%v", seed, now.Object, object)
			}
		}
		if r.IntN(3) == 0 { // the next case starts from nothing
			_, _ = of.Patch(t.Context(), "x", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`),
				metav1.PatchOptions{})
			ok(t, of.Delete(t.Context(), "x", metav1.DeleteOptions{}))
		}
	}
	return taken
}

func TestIsApplied_calls_unchanged_only_what_an_apply_leaves_unchanged(t *testing.T) {
	taken := shortcuts(t, 300)
	if t.Logf("taken in %d of 300 cases", taken); taken < 50 {
		t.Errorf("the shortcut was taken in %d of 300 cases, which proves too little", taken)
	}
}

// BenchmarkIsApplied_cases runs ten thousand of the cases of the property.
func BenchmarkIsApplied_cases(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(float64(shortcuts(b, 10_000)), "taken")
	}
}
