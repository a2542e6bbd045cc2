package diff_test

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/diff"
)

func TestUnified_names_the_fields_of_what_is_too_long(t *testing.T) {
	big := func(changed string) *unstructured.Unstructured {
		data := map[string]any{}
		for i := range 4_000 {
			data[fmt.Sprintf("k%04d", i)] = "same"
		}
		data["k0007"] = changed
		u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": data}}
		u.SetName("big")
		return u
	}
	const want = "--- live ConfigMap big\n+++ applied ConfigMap big\n" +
		"(too long to compare line by line; what differs: .data.k0007)\n"
	if got := diff.Unified(big("a"), big("b")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
