package apply_test

import (
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

const hpa = `
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 1, maxReplicas: 9}
`

func TestApply_leaves_the_replicas_to_an_autoscaler(t *testing.T) {
	without := strings.Replace(web("1", "hi"), "  replicas: 2\n", "", 1)
	tests := []struct {
		name string
		// before is what runs, scaled to five by someone, and after what is applied then.
		before, after string
		warned        bool
	}{
		{"of_the_cluster_and_replicas_are_set", web("1", "hi") + hpa, web("2", "hi"), true},
		{"of_the_set_and_replicas_are_set", web("1", "hi"), web("2", "hi") + hpa, true},
		{"of_the_set_and_replicas_are_dropped_at_the_same_time", web("1", "hi"),
			strings.Replace(without, "web:1", "web:2", 1) + hpa, false},
		{"of_the_cluster_and_replicas_are_dropped", web("1", "hi") + hpa, without, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			opts := in(t, "hpa-"+strings.ReplaceAll(test.name[:20], "_",
				"-")+"x"+strings.ReplaceAll(test.name[len(test.name)-12:],
				"_", "-"))
			_, _, err := applier(t, server(t)).Apply(t.Context(), manifests(t, test.before), opts)
			same(t, nil, err)
			kubectl(t, opts.Namespace, "", "scale", "deployment/web", "--replicas=5")
			planned, _ := plan(t, test.after, opts)
			set, findings, err := applier(t, server(t)).Apply(t.Context(), manifests(t, test.after), opts)
			same(t, nil, err)
			same(t, true, len(set) > 0)
			same(t, any(int64(5)), field(planned[0].After, "spec", "replicas"))
			same(t, any(int64(5)), field(live(t, "deployments.v1.apps", opts.Namespace, "web"), "spec", "replicas"))
			var want []finding.Finding
			if test.warned {
				want = []finding.Finding{{
					Code: finding.ApplyConflict, Severity: finding.Warning, Object: "apps/v1 Deployment " + opts.Namespace + "/web",
					Message: "Deployment " + opts.Namespace + "/web: the manifest sets spec.replicas to 2, but " +
						"HorizontalPodAutoscaler " +
						opts.Namespace + "/web sets the number of replicas: the live number stays.",
					Fix: "Remove spec.replicas from the manifest.",
				}}
			}
			same(t, want, findings)
			rollback(t, set, opts)
			same(t, any(int64(5)), field(live(t, "deployments.v1.apps", opts.Namespace, "web"), "spec", "replicas"))
		})
	}
}

func TestApply_names_the_tools_that_deploy_an_object_too(t *testing.T) {
	opts := in(t, "tools")
	helm := opts
	helm.FieldManager = "helm"
	must(t, maps("a", "b"), helm)
	_, findings, err := applier(t, server(t)).Plan(t.Context(), manifests(t, maps("a", "b", "c")), opts)
	same(t, nil, err)
	same(t, []finding.Finding{{
		Code: finding.ApplyConflict, Severity: finding.Warning,
		Message: "Helm deploys these objects too, and each of the two will undo what the other changes: ConfigMap tools/a, " +
			"ConfigMap tools/b.",
		Fix: "Let one of them deploy each object. To stay with this action, remove the objects from Helm without deleting " +
			"them, " +
			"and name its field manager once in take-over-from.",
	}}, findings)
	opts.TakeOverFrom = []string{"helm"}
	must(t, maps("a", "b"), opts)
	must(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}", opts)
	same(t, any(nil), field(live(t, "configmaps.v1.", "tools", "a"), "data"))
}

const versions = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: movers.tests.example}
spec:
  group: tests.example
  names: {kind: Mover, plural: movers}
  scope: Namespaced
  versions:
  - {name: v1beta1, served: true, storage: OLDSTORED, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}, gone: {type: integer}}}}}}}
  - {name: v1, served: true, storage: NEWSTORED, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}, gone: {type: integer}NEW}}}}}}
`

func TestApply_of_a_version_that_moved_on(t *testing.T) {
	opts := in(t, "moved-on")
	crd := func(old, stored, added string) string {
		return strings.NewReplacer("OLDSTORED", old, "NEWSTORED", stored, "NEW", added).Replace(versions)
	}
	must(t, crd("true", "false", ""), opts)
	must(t, "{apiVersion: tests.example/v1beta1, kind: Mover, metadata: {name: m}, spec: {size: 1, gone: 2}}", opts)
	must(t, crd("false", "true", ", colour: {type: string}"), opts)
	const v1 = "{apiVersion: tests.example/v1, kind: Mover, metadata: {name: m}, spec: {size: 1, colour: red}}"
	set, findings := plan(t, v1, opts)
	same(t, []finding.Finding(nil), findings)
	same(t, any(map[string]any{"size": int64(1), "colour": "red"}), field(set[0].After, "spec"))
	must(t, v1, opts)
	same(t, any(map[string]any{"size": int64(1), "colour": "red"}),
		field(live(t, "movers.v1.tests.example", "moved-on", "m"), "spec"))
	same(t, change.Unchanged, must(t, v1, opts)[0].Action)
}
