package readiness

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/annotation"
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
				annotations[annotation.ReadyKey] = test.ready
			}
			if test.failed != "" {
				annotations[annotation.FailedKey] = test.failed
			}
			u.SetAnnotations(annotations)
			if problems := annotation.Check(u); problems != nil {
				t.Fatal(problems)
			}
			if got := Of(u, 2); got.State != test.want {
				t.Errorf("got %q (%s), want %q", got.State, got.Message, test.want)
			}
		})
	}
}
