package readiness

import (
	"os"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// sample is what a custom object shows, and what is to be made of it.
type sample struct {
	// Kind is "Kind.group".
	Kind         string
	Name         string
	Labels       map[string]string
	Spec, Status map[string]any
	Want         State
}

func (s sample) object(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	kind, group, _ := strings.Cut(s.Kind, ".")
	data, err := yaml.Marshal(map[string]any{
		"apiVersion": group + "/v1", "kind": kind,
		"metadata": map[string]any{"namespace": "shop", "name": "x", "generation": 2, "labels": s.Labels},
		"spec":     s.Spec, "status": s.Status,
	})
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{}
	json, err := yaml.YAMLToJSON(data)
	if err == nil {
		err = u.UnmarshalJSON(json)
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestOf_custom_objects(t *testing.T) {
	data, err := os.ReadFile("testdata/samples.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var samples []sample
	if err := yaml.UnmarshalStrict(data, &samples); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, s := range samples {
		kinds[s.Kind] = true
		t.Run(s.Kind+"_"+s.Name, func(t *testing.T) {
			if got := Of(s.object(t), 2); got.State != s.Want {
				t.Errorf("got %q (%s), want %q", got.State, got.Message, s.Want)
			}
		})
	}
	t.Logf("%d samples of %d kinds", len(samples), len(kinds))
	if len(samples) < 120 || len(kinds) < 60 {
		t.Errorf("%d samples of %d kinds; the table shrinks", len(samples), len(kinds))
	}
}
