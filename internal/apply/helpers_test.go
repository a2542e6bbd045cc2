package apply_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// manifests parses YAML documents.
func manifests(t testing.TB, text string) []*unstructured.Unstructured {
	t.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
	var all []*unstructured.Unstructured
	for {
		u := &unstructured.Unstructured{}
		if err := decoder.Decode(&u.Object); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("parsing the test's manifests: %v", err)
		}
		all = append(all, u)
	}
}

func applier(t testing.TB, cfg *rest.Config) *apply.Applier {
	t.Helper()
	a, err := apply.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// in returns the default options for a namespace of the test's own, which is there.
func in(t testing.TB, namespace string) apply.Options {
	t.Helper()
	must(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: "+namespace+"}", apply.DefaultOptions())
	opts := apply.DefaultOptions()
	opts.Namespace = namespace
	return opts
}

// must applies manifests that nothing is wrong with.
func must(t testing.TB, text string, opts apply.Options) change.Set {
	t.Helper()
	set, findings, err := applier(t, server(t)).Apply(t.Context(), manifests(t, text), opts)
	if err != nil || len(findings) > 0 {
		t.Fatalf("apply: %v %v", err, findings)
	}
	return set
}

// refused applies manifests and returns what is found wrong with them.
func refused(t testing.TB, cfg *rest.Config, text string, opts apply.Options) (change.Set, []finding.Finding) {
	t.Helper()
	set, findings, err := applier(t, cfg).Apply(t.Context(), manifests(t, text), opts)
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	return set, findings
}

// told returns a change.Set as "ACTION OBJECT" lines.
func told(set change.Set) []string {
	var lines []string
	for _, c := range set {
		lines = append(lines, string(c.Action)+" "+c.Object)
	}
	return lines
}

func same(t testing.TB, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// live reads an object past the package under test; nil if there is none.
func live(t testing.TB, resource, namespace, name string) *unstructured.Unstructured {
	t.Helper()
	client, err := dynamic.NewForConfig(server(t))
	if err != nil {
		t.Fatal(err)
	}
	gvr, _ := schema.ParseResourceArg(resource)
	u, err := client.Resource(*gvr).Namespace(namespace).Get(context.WithoutCancel(t.Context()), name, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return u
}

// field reads a field of an object; nil if there is none.
func field(u *unstructured.Unstructured, path ...string) any {
	if u == nil {
		return nil
	}
	value, _, _ := unstructured.NestedFieldNoCopy(u.Object, path...)
	return value
}

type entryType = metav1.ManagedFieldsEntry

func containerImage(u *unstructured.Unstructured) any {
	containers, _ := field(u, "spec", "template", "spec", "containers").([]any)
	return containers[0].(map[string]any)["image"]
}
