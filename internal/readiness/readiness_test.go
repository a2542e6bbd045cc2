package readiness

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// parse reads an object of generation 2.
func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{}
	json, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = u.UnmarshalJSON(json)
	}
	if err != nil {
		t.Fatal(err)
	}
	u.SetNamespace("shop")
	u.SetName("x")
	u.SetGeneration(2)
	return u
}

func TestOf_built_in_objects(t *testing.T) {
	const available = "conditions: [{type: Available, status: 'True'}, {type: Progressing, status: 'True', reason: " +
		"NewReplicaSetAvailable}]"
	tests := []struct {
		name, object string
		want         Status
	}{
		{"running_job", "{apiVersion: batch/v1, kind: Job, status: {startTime: '2026-01-01T00:00:00Z'}}",
			Status{InProgress, "Job in progress. success:0, active: 0, failed: 0"}},
		{"suspended_job", "{apiVersion: batch/v1, kind: Job, spec: {suspend: true}}", Status{Ready, "Job is suspended"}},
		{"suspended_cronjob", "{apiVersion: batch/v1, kind: CronJob, spec: {suspend: true}}",
			Status{Ready, "Resource is always ready"}},
		{"failed_pod", "{apiVersion: v1, kind: Pod, status: {phase: Failed}}",
			Status{Failed, "Pod has completed, but not successfully"}},
		{"completed_pod", "{apiVersion: v1, kind: Pod, status: {phase: Succeeded}}",
			Status{Ready, "Pod has completed successfully"}},
		{"no_replicas", "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 0, progressDeadlineSeconds: 600}, " +
			"status: {observedGeneration: 2, " + available + "}}", Status{Ready, "Deployment is available. Replicas: 0"}},
		{"unseen_deployment", "{apiVersion: apps/v1, kind: Deployment}",
			Status{InProgress, "its controller has not seen the change yet"}},
		{"load_balancer_without_an_address", "{apiVersion: v1, kind: Service, spec: {type: LoadBalancer, clusterIP: " +
			"10.0.0.1}}", Status{InProgress, "no load balancer has given it an address"}},
		{"load_balancer", "{apiVersion: v1, kind: Service, spec: {type: LoadBalancer}, status: {loadBalancer: {ingress: " +
			"[{ip: 1.2.3.4}]}}}", Status{Ready, ""}},
		{"service_without_endpoints", "{apiVersion: v1, kind: Service, spec: {type: ClusterIP, clusterIP: 10.0.0.1}}",
			Status{Ready, ""}},
		{"ingress_without_an_address", "{apiVersion: networking.k8s.io/v1, kind: Ingress}",
			Status{Unjudged, "no controller has given it an address"}},
		{"being_deleted", "{apiVersion: v1, kind: Service, metadata: {deletionTimestamp: '2026-01-01T00:00:00Z'}}",
			Status{InProgress, "it is being deleted"}},
		{"paused_deployment_with_old_pods", "{apiVersion: apps/v1, kind: Deployment, spec: {paused: true, replicas: 2}, " +
			"status: {observedGeneration: 2, replicas: 2, readyReplicas: 2}}", Status{Ready, "paused"}},
		{"paused_deployment_with_broken_old_pods", "{apiVersion: apps/v1, kind: Deployment, spec: {paused: true, replicas: " +
			"2}, status: {observedGeneration: 2, replicas: 2, readyReplicas: 1}}", Status{InProgress, "Ready: 1/2"}},
		{"daemonset_that_updates_on_delete", "{apiVersion: apps/v1, kind: DaemonSet, spec: {updateStrategy: {type: " +
			"OnDelete}}, status: {observedGeneration: 2, desiredNumberScheduled: 2, currentNumberScheduled: 2, numberReady: 2}}",
			Status{Ready, "updateStrategy OnDelete"}},
		{"not_waited_for", "{apiVersion: apps/v1, kind: Deployment, metadata: {annotations: {multiarch-deploy.dev/wait: " +
			"'false'}}}", Status{Ready, "not waited for, by its annotation multiarch-deploy.dev/wait"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Of(parse(t, test.object), 2)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeldBack_counts_the_pods_of_an_older_revision(t *testing.T) {
	tests := []struct {
		name, object string
		want         int64
		why          string
	}{
		{"paused", "{apiVersion: apps/v1, kind: Deployment, spec: {paused: true}, status: {replicas: 3, updatedReplicas: 1}}",
			2, "paused"},
		{"paused_when_nothing_changed", "{apiVersion: apps/v1, kind: Deployment, spec: {paused: true}, status: {replicas: " +
			"3, updatedReplicas: 3}}", 0, "paused"},
		{"on_delete", "{apiVersion: apps/v1, kind: StatefulSet, spec: {updateStrategy: {type: OnDelete}}, status: " +
			"{replicas: 3, currentRevision: a, updateRevision: b}}", 3, "updateStrategy OnDelete"},
		{"on_delete_when_nothing_changed", "{apiVersion: apps/v1, kind: StatefulSet, spec: {updateStrategy: {type: " +
			"OnDelete}}, status: {replicas: 3, currentRevision: a, updateRevision: a}}", 0, "updateStrategy OnDelete"},
		{"partition", "{apiVersion: apps/v1, kind: StatefulSet, spec: {updateStrategy: {rollingUpdate: {partition: 2}}}, " +
			"status: {replicas: 3, updatedReplicas: 1, currentRevision: a, updateRevision: b}}", 2,
			"updateStrategy.rollingUpdate.partition 2"},
		{"partition_and_not_done", "{apiVersion: apps/v1, kind: StatefulSet, spec: {updateStrategy: {rollingUpdate: " +
			"{partition: 2}}}, status: {replicas: 3, currentRevision: a, updateRevision: b}}", 2,
			"updateStrategy.rollingUpdate.partition 2"},
		{"daemonset", "{apiVersion: apps/v1, kind: DaemonSet, spec: {updateStrategy: {type: OnDelete}}, status: " +
			"{currentNumberScheduled: 4, updatedNumberScheduled: 1}}", 3, "updateStrategy OnDelete"},
		{"partition_of_kruise", "{apiVersion: apps.kruise.io/v1beta1, kind: StatefulSet, spec: {replicas: 4, " +
			"updateStrategy: {rollingUpdate: {partition: 3}}}, status: {replicas: 4, updatedReplicas: 1}}", 3,
			"updateStrategy.rollingUpdate.partition 3"},
		{"share_of_a_clone_set", "{apiVersion: apps.kruise.io/v1alpha1, kind: CloneSet, spec: {replicas: 5, " +
			"updateStrategy: {partition: 50%}}, status: {replicas: 5, updatedReplicas: 2}}", 3, "updateStrategy.partition 50%"},
		{"on_delete_of_kruise", "{apiVersion: apps.kruise.io/v1alpha1, kind: DaemonSet, spec: {updateStrategy: {type: " +
			"OnDelete}}, status: {currentNumberScheduled: 4, updatedNumberScheduled: 1}}", 3, "updateStrategy OnDelete"},
		{"rolling", "{apiVersion: apps/v1, kind: Deployment, status: {replicas: 3, updatedReplicas: 1}}", 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := HeldBack(parse(t, test.object))
			if got.Pods != test.want || got.Why != test.why {
				t.Errorf("got %d pods (%s), want %d (%s)", got.Pods, got.Why, test.want, test.why)
			}
		})
	}
}

func TestOf_asks_an_objects_own_expressions(t *testing.T) {
	tests := []struct {
		name, ready, failed string
		want                State
	}{
		{"ready", "object.status.carts >= 3", "", Ready},
		{"not_yet", "object.status.carts > 3", "", InProgress},
		{"a_field_that_is_not_there_yet", "object.status.phase == 'Open'", "", InProgress},
		{"failed", "true", "object.status.error != ''", Failed},
		{"not_failed", "", "object.status.error == 'other'", Unjudged},
		{"a_list", "object.status.conditions.exists(c, c.type == 'Open' && c.status == 'True')", "", Ready},
		{"no_end", "[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, " +
			"[1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5,6,7,8,9,10].all(e, [1,2,3,4,5,6,7,8,9,10].all(f, true))))))", "",
			InProgress},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			u := parse(t, "{apiVersion: example.com/v1, kind: Shop, status: {carts: 3, error: none left, conditions: [{type: "+
				"Open, status: 'True'}]}}")
			annotations := map[string]string{}
			if test.ready != "" {
				annotations[ReadyAnnotation] = test.ready
			}
			if test.failed != "" {
				annotations[FailedAnnotation] = test.failed
			}
			u.SetAnnotations(annotations)
			if problems := Check(u); problems != nil {
				t.Fatal(problems)
			}
			if got := Of(u, 2); got.State != test.want {
				t.Errorf("got %q (%s), want %q", got.State, got.Message, test.want)
			}
		})
	}
}

func TestCheck_names_an_annotation_that_cannot_be_used(t *testing.T) {
	tests := []struct{ name, annotation, value, want string }{
		{"no_expression", ReadyAnnotation, "object.status.phase = 'Open'",
			`annotation multiarch-deploy.dev/ready, "object.status.phase = 'Open'", cannot be used: at line 1, column 21: ` +
				"Syntax error: token recognition error at: '= '; at line 1, column 23: Syntax error: extraneous input ''Open'' " +
				"expecting <EOF>"},
		{"empty", ReadyAnnotation, "", `annotation multiarch-deploy.dev/ready, "", cannot be used: it is empty`},
		{"no_condition", FailedAnnotation, "'text'",
			`annotation multiarch-deploy.dev/failed, "'text'", cannot be used: it is of type string, and no condition`},
		{"unknown_variable", ReadyAnnotation, "self.status",
			`annotation multiarch-deploy.dev/ready, "self.status", cannot be used: at line 1, column 1: undeclared reference ` +
				"to 'self'"},
		{"neither_true_nor_false", WaitAnnotation, "no",
			`annotation multiarch-deploy.dev/wait is "no", neither "true" nor "false"`},
		{"recreate", "multiarch-deploy.dev/recreate", "yes",
			`annotation multiarch-deploy.dev/recreate is "yes", neither "true" nor "false"`},
		{"a_slip", "multiarch-deploy.dev/redy", "true", "annotation multiarch-deploy.dev/redy is not known"},
		{"of_another_tool", "argocd.argoproj.io/sync-wave", "x", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			u := parse(t, "{apiVersion: example.com/v1, kind: Shop}")
			u.SetAnnotations(map[string]string{test.annotation: test.value})
			got := ""
			for _, p := range Check(u) {
				got += p.What
			}
			if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}
