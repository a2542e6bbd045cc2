package apply_test

import (
	"strings"
	"testing"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// immutables are objects with a field that can't be changed; OLD stands for its value.
var immutables = []struct{ name, manifest, old, new string }{
	{"job", `{apiVersion: batch/v1, kind: Job, metadata: {name: x}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "registry.example/x:OLD"}]}}}}`, "1", "2"},
	{"role_binding", `{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: x}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: OLD}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: u}]}`, "view", "edit"},
	{"priority_class", `{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: NS}, value: OLD}`, "1",
		"2"},
	{"storage_class", `{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: NS}, provisioner: p.example, parameters: {a: "OLD"}}`, "1", "2"},
	{"storage_class_provisioner", `{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: NS}, provisioner: "OLD"}`, "a.example", "b.example"},
	{"stateful_set", `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: x}, spec: {serviceName: x, replicas: 0, selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: x}]}}, volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: OLD}}}}]}}`, "1Gi", "2Gi"},
	{"service_headless", `{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {OLD selector: {app: x}, ports: [{port: 80}]}}`, "", "clusterIP: None,"},
	{"service_headless_no_more", `{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {OLD selector: {app: x}, ports: [{port: 80}]}}`, "clusterIP: None,", ""},
	{"deployment_selector", `{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {replicas: 0, selector: {matchLabels: {app: OLD}}, template: {metadata: {labels: {app: OLD}}, spec: {containers: [{name: c, image: x}]}}}}`, "a", "b"},
	{"config_map", `{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, immutable: true, data: {a: "OLD"}}`, "1", "2"},
	{"secret", `{apiVersion: v1, kind: Secret, metadata: {name: x}, immutable: true, stringData: {a: "OLD"}}`, "hunter1",
		"hunter2"},
	{"claim", `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: x}, spec: {accessModes: [OLD], resources: {requests: {storage: 1Gi}}}}`, "ReadWriteOnce", "ReadWriteMany"},
	{"pod", `{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: c, image: x, env: [{name: A, value: "OLD"}]}]}}`, "1", "2"},
	{"cel", `{apiVersion: tests.example/v1, kind: Fixed, metadata: {name: x}, spec: {size: OLD}}`, "1", "2"},
	{"cel_message", `{apiVersion: tests.example/v1, kind: Fixed, metadata: {name: x}, spec: {colour: "OLD"}}`, "red",
		"blue"},
	{"runtime_class", `{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: NS}, handler: OLD}`, "a", "b"},
	{"csi_driver", `{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: NS}, spec: {attachRequired: OLD}}`,
		"true", "false"},
	{"ingress_class", `{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: NS}, spec: {controller: OLD}}`, "a.example/a", "b.example/b"},
	{"daemon_set", `{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: x}, spec: {selector: {matchLabels: {app: OLD}}, template: {metadata: {labels: {app: OLD}}, spec: {nodeSelector: {no: node}, containers: [{name: c, image: x}]}}}}`, "a", "b"},
	{"volume", `{apiVersion: v1, kind: PersistentVolume, metadata: {name: NS}, spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: OLD}}}`, "/a", "/b"},
}

const fixedKind = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: fixeds.tests.example}
spec:
  group: tests.example
  names: {kind: Fixed, plural: fixeds}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: {type: integer, x-kubernetes-validations: [{rule: self == oldSelf}]}
              colour: {type: string, x-kubernetes-validations: [{rule: self == oldSelf, message: colour is immutable}]}
`

// immutableObject returns an immutable object before and after a change, in a namespace of its own.
func immutableObject(t *testing.T, i int, prefix string) (before, after string, opts apply.Options) {
	t.Helper()
	test := immutables[i]
	name := prefix + strings.ReplaceAll(test.name, "_", "-")
	text := strings.ReplaceAll(test.manifest, "NS", name)
	return strings.ReplaceAll(text, "OLD", test.old), strings.ReplaceAll(text, "OLD", test.new), in(t, name)
}

func TestApply_says_in_two_lines_that_a_field_can_not_change(t *testing.T) {
	must(t, fixedKind, apply.DefaultOptions())
	for i, test := range immutables {
		t.Run(test.name, func(t *testing.T) {
			before, after, opts := immutableObject(t, i, "imm-")
			must(t, before, opts)
			_, findings := refused(t, server(t), after, opts)
			if len(findings) != 1 {
				t.Fatalf("findings %v, want one", findings)
			}
			text := findings[0].Message + "\n" + findings[0].Fix
			if strings.Count(text, "\n") != 1 || strings.ContainsAny(findings[0].Message, "{}") || len(text) > 900 {
				t.Errorf("more than two lines, or a value of Go:\n%s", text)
			}
			if !strings.Contains(findings[0].Message, ": the manifest changes ") || strings.Contains(text, "kubectl delete") {
				t.Errorf("not recognised, or a deletion is advised:\n%s", text)
			}
			holdsData := test.name == "claim" || test.name == "volume"
			if strings.Contains(findings[0].Fix, "recreate") == holdsData || strings.Contains(text, "hunter") {
				t.Errorf("wrong advice:\n%s", text)
			}
		})
	}
}

func TestApply_recreates_where_that_was_asked_for(t *testing.T) {
	must(t, fixedKind, apply.DefaultOptions())
	for i, test := range immutables {
		t.Run(test.name, func(t *testing.T) {
			before, after, opts := immutableObject(t, i, "re-")
			was := must(t, before, opts)[0]
			opts.Recreate = []string{strings.ToLower(was.After.GetKind())}
			if test.name == "claim" || test.name == "volume" {
				_, findings := refused(t, server(t), after, opts)
				same(t, 1, len(findings))
				return
			}
			planned, findings := plan(t, after, opts)
			same(t, []finding.Finding(nil), findings)
			same(t, []string{"recreated " + was.Object}, told(planned))
			set := must(t, after, opts)
			same(t, []string{"recreated " + was.Object}, told(set))
			same(t, false, was.After.GetUID() == set[0].After.GetUID())
			same(t, change.Unchanged, must(t, after, opts)[0].Action)
			back, err := applier(t, server(t)).Rollback(t.Context(), set, opts)
			if test.name == "job" {
				same(t, "Job re-job/x was not rolled back: the earlier Job has run and is not run again; the new one stays",
					err.Error())
				return
			}
			same(t, nil, err)
			same(t, []string{"rolled-back " + was.Object}, told(back))
			same(t, change.Unchanged, must(t, before, opts)[0].Action)
		})
	}
}

func TestApply_recreates_an_annotated_StatefulSet_around_its_pods(t *testing.T) {
	opts := in(t, "recreate-set")
	const set = `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: x, annotations: {multiarch-deploy.dev/recreate: "true"}}, spec: {serviceName: SERVICE, replicas: 1, selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: x}]}}}}`
	must(t, strings.Replace(set, "SERVICE", "a", 1), opts)
	pod := live(t, "pods.v1.", "recreate-set", "x-0")
	for pod == nil && t.Context().Err() == nil {
		pod = live(t, "pods.v1.", "recreate-set", "x-0")
	}
	collectorKnows(t, opts)
	same(t, []string{"recreated apps/v1 StatefulSet recreate-set/x"},
		told(must(t, strings.Replace(set, "SERVICE", "b", 1), opts)))
	same(t, pod.GetUID(), live(t, "pods.v1.", "recreate-set", "x-0").GetUID())
}

// collectorKnows waits until the garbage collector knows the pods of a namespace that are there by now: one that it
// does not know it would take, once its owner is gone, for a pod to delete. It hears of pods in their order.
func collectorKnows(t *testing.T, opts apply.Options) {
	t.Helper()
	must(t, `{apiVersion: v1, kind: Pod, metadata: {name: last, ownerReferences: [{apiVersion: v1, kind: ConfigMap,
		name: gone, uid: 00000000-0000-0000-0000-000000000001}]}, spec: {containers: [{name: c, image: x}]}}`, opts)
	for live(t, "pods.v1.", opts.Namespace, "last") != nil && t.Context().Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
}

func TestApply_deletes_nothing_for_an_object_that_is_refused(t *testing.T) {
	opts := in(t, "recreate-refused")
	opts.Recreate = []string{"Job"}
	was := must(t, strings.ReplaceAll(immutables[0].manifest, "OLD", "1"), opts)
	bad := strings.Replace(strings.ReplaceAll(immutables[0].manifest, "OLD", "2"), "restartPolicy: Never",
		"restartPolicy: Always", 1)
	_, findings := refused(t, server(t), bad, opts)
	same(t, 1, len(findings))
	same(t, was[0].After.GetUID(), live(t, "jobs.v1.batch", "recreate-refused", "x").GetUID())
}
