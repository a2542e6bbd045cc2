package apply_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// fresh is a set in which most objects rest on others of the set, in no useful order.
const fresh = `
{apiVersion: tests.example/v1, kind: Widget, metadata: {name: w, namespace: fresh}, spec: {size: 3}}
---
{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: fresh}, spec: {serviceAccountName: s, priorityClassName: fresh-high, containers: [{name: c, image: registry.example/c}]}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: s, namespace: fresh}}
---
{apiVersion: tests.example/v1, kind: Planet, metadata: {name: mars}}
---
{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: fresh-high}, value: 7}
---
{apiVersion: v1, kind: Namespace, metadata: {name: fresh}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.tests.example}
spec:
  group: tests.example
  names: {kind: Widget, plural: widgets}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}}]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: planets.tests.example}
spec:
  group: tests.example
  names: {kind: Planet, plural: planets}
  scope: Cluster
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`

var freshObjects = []string{
	"tests.example/v1 Widget fresh/w", "v1 Pod fresh/p", "v1 ServiceAccount fresh/s", "tests.example/v1 Planet mars",
	"scheduling.k8s.io/v1 PriorityClass fresh-high", "v1 Namespace fresh",
	"apiextensions.k8s.io/v1 CustomResourceDefinition widgets.tests.example",
	"apiextensions.k8s.io/v1 CustomResourceDefinition planets.tests.example",
}

func all(action change.Action, objects []string) []string {
	var lines []string
	for _, o := range objects {
		lines = append(lines, string(action)+" "+o)
	}
	return lines
}

func plan(t *testing.T, text string, opts apply.Options) (change.Set, []finding.Finding) {
	t.Helper()
	set, findings, err := applier(t, server(t)).Plan(t.Context(), manifests(t, text), opts)
	if err != nil {
		t.Fatal(err)
	}
	return set, findings
}

func TestObjects_that_rest_on_others_of_the_set(t *testing.T) {
	set, findings := plan(t, fresh, apply.DefaultOptions())
	same(t, []finding.Finding(nil), findings)
	same(t, all(change.Created, freshObjects), told(set))
	same(t, true, live(t, "namespaces.v1.", "", "fresh") == nil)
	same(t, true, live(t, "customresourcedefinitions.v1.apiextensions.k8s.io", "", "widgets.tests.example") == nil)

	same(t, all(change.Created, freshObjects), told(must(t, fresh, apply.DefaultOptions())))
	same(t, all(change.Unchanged, freshObjects), told(must(t, fresh, apply.DefaultOptions())))

	// A definition and an object that needs its new field, both at once.
	wider := strings.NewReplacer("{size: {type: integer}}", "{size: {type: integer}, colour: {type: string}}", "{size: 3}",
		"{size: 3, colour: red}").Replace(fresh)
	want := all(change.Unchanged, freshObjects)
	want[0], want[6] = "configured "+freshObjects[0], "configured "+freshObjects[6]
	set, findings = plan(t, wider, apply.DefaultOptions())
	same(t, []finding.Finding(nil), findings)
	same(t, want, told(set))
	same(t, want, told(must(t, wider, apply.DefaultOptions())))
	same(t, any("red"), field(live(t, "widgets.v1.tests.example", "fresh", "w"), "spec", "colour"))
}

func TestBad_object_in_new_namespace_stops_the_stages_after(t *testing.T) {
	set, findings := refused(t, server(t), `
{apiVersion: v1, kind: Namespace, metadata: {name: half}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: half}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: half}, spec: {}}
`, apply.DefaultOptions())
	same(t, []string{"created v1 Namespace half"}, told(set))
	same(t, 1, len(findings))
	same(t, true, live(t, "configmaps.v1.", "half", "c") == nil)
}

func TestDefinition_that_is_never_served(t *testing.T) {
	const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: NAME.tests.example}
spec:
  group: tests.example
  names: {kind: Twin, plural: NAME}
  scope: Cluster
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`
	must(t, strings.ReplaceAll(crd, "NAME", "twins"), apply.DefaultOptions())
	set, findings := refused(t, server(t), strings.ReplaceAll(crd, "NAME", "twinses"), apply.DefaultOptions())
	same(t, []string{"created apiextensions.k8s.io/v1 CustomResourceDefinition twinses.tests.example"}, told(set))
	same(t, []finding.Finding{{
		Code: finding.ApplyRejected, Severity: finding.Error, Object: "apiextensions.k8s.io/v1 CustomResourceDefinition " +
			"twinses.tests.example",
		Message: `CustomResourceDefinition twinses.tests.example: its names are not accepted: "TwinList" is already in use`,
		Fix:     "Another definition has the name already: choose another, or delete that one.",
	}}, findings)
}

func TestApply_waits_for_definitions_as_long_as_it_may(t *testing.T) {
	const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: NAMEs.tests.example}
spec:
  group: tests.example
  names: {kind: NAME, plural: NAMEs}
  scope: Cluster
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`
	tests := []struct {
		name string
		// slow is how often the API server says nothing about a definition yet.
		slow int32
		want []finding.Finding
	}{
		{"slowone", 5, nil},
		{"slowtwo", 1 << 30, []finding.Finding{{
			Code: finding.Deadline, Severity: finding.Error, Object: "apiextensions.k8s.io/v1 CustomResourceDefinition " +
				"slowtwos.tests.example",
			Message: "The kinds of 1 of 1 CustomResourceDefinitions are not served after 2s: CustomResourceDefinition " +
				"slowtwos.tests.example " +
				"is not established: nothing has been said about it. Still waiting: slowtwos.tests.example.",
			Fix: "The definitions were applied and not refused: deploy again, or raise wait-timeout. See what holds one up: " +
				"kubectl describe crd",
		}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var looks atomic.Int32
			cfg := between(t, func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, test.name+"s.tests.example") || looks.Add(1) == 1 ||
					looks.Load() > test.slow {
					return false
				}
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"x"}}`)
				return true
			})
			opts := apply.DefaultOptions()
			opts.EstablishTimeout = 2 * time.Second
			if test.want == nil {
				opts.EstablishTimeout = time.Minute
			}
			_, findings := refused(t, cfg, strings.ReplaceAll(crd, "NAME", test.name), opts)
			same(t, test.want, findings)
		})
	}
}

// A list of one version has the objects of the other ones too, converted. They are not what the manifests compare with.
func TestApply_of_objects_of_two_versions_of_a_kind(t *testing.T) {
	const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.tests.example}
spec:
  group: tests.example
  names: {kind: Gadget, plural: gadgets}
  scope: Namespaced
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}}
  - {name: v1beta1, served: true, storage: false, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}}
`
	opts := in(t, "versions")
	set := definition
	for name, version := range map[string]string{"a": "v1", "b": "v1", "c": "v1beta1"} {
		set += fmt.Sprintf("---\n{apiVersion: tests.example/%s, kind: Gadget, metadata: {name: %s}, spec: {size: 3}}\n",
			version, name)
	}
	must(t, set, opts)
	for _, c := range must(t, set, opts) {
		if c.Action != change.Unchanged {
			t.Errorf("%s %s, want it unchanged", c.Action, c.Object)
		}
	}
}
