package action_test

import (
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// What a pod would wait for is known before anything is applied.
func TestPlan_foretells_what_pods_would_wait_for(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "missing", map[string]madeImage{"app": {Platforms: []string{"linux/amd64",
		"linux/arm64"}}})
	const secret = "containers: [{name: app, image: registry/app, envFrom: [{secretRef: {name: absent-db}}]}]"
	const claim = "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: " +
		"absent, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
	repo := repository(t, map[string]string{"map.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: keyed}, " +
		"data: {there: '1'}}"})
	runKubectl(t, cluster, repo, []string{"apply", "--server-side", "--field-manager", "another", "-f", "map.yaml"})
	keyed := func(key string) string {
		return "containers: [{name: app, image: registry/app, env: [{name: A, valueFrom: {configMapKeyRef: {name: keyed, " +
			"key: " + key + "}}}]}]"
	}
	const ours = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: keyed}\ndata: {ours: '1'}\n"
	const newNamespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: new-one}\n"
	tests := []struct {
		name, pod, beside string
		want              string
	}{
		{"a_secret", secret, "", "Secret absent-db, which envFrom of container app names, is neither in the cluster"},
		{"a_secret_of_the_deploy", secret, "---\napiVersion: v1\nkind: Secret\nmetadata: {name: absent-db}\n", ""},
		{"an_account_of_a_new_namespace", "serviceAccountName: absent\n      " + lone, newNamespace,
			"ServiceAccount absent, which serviceAccountName names"},
		{"the_account_of_each_namespace", "serviceAccountName: default\n      " + lone, "", ""},
		{"a_class", lone, claim, "StorageClass absent, which storageClassName names"},
		{"a_class_of_the_deploy", lone, claim + "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\n" +
			"metadata: {name: absent}\nprovisioner: example.com/none\n", ""},
		{"a_key", keyed("gone"), "", "ConfigMap keyed has no key gone, which variable A of container app names."},
		{"a_key_that_is_there", keyed("there"), "", ""},
		{"a_key_of_what_the_deploy_brings", keyed("gone"), ours, "ConfigMap keyed has no key gone, which variable A of " +
			"container app names."},
		{"a_key_that_another_adds_to_it", keyed("there"), ours, ""},
		{"a_key_of_a_volume", "volumes: [{name: v, configMap: {name: keyed, items: [{key: gone, path: x}]}}]\n      " + lone,
			"", "ConfigMap keyed has no key gone, which volume v names."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{"app.yaml": strings.Replace(deployment, lone, test.pod, 1) + test.beside}
			if test.beside == newNamespace {
				files["kustomization.yaml"] = "namespace: new-one\nresources: [app.yaml]\n"
			}
			repo := repository(t, files)
			_, _, output := perform(t, nil, "plan", "--tag", "v1", "--kustomization", repo, "--kubeconfig",
				cluster.Kubeconfig, "--images", "registry/app="+cluster.Registry+"/missing/app")
			found := strings.Contains(output, "missing-reference")
			if found != (test.want != "") || !strings.Contains(output, test.want) {
				t.Errorf("no %q in\n%s", test.want, output)
			}
		})
	}
}

// What makes no pods can be deployed, whatever would become of them.
func TestPlan_warns_of_refused_pods_that_nobody_wants_yet(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "missing", map[string]madeImage{"app": {Platforms: []string{"linux/amd64",
		"linux/arm64"}}})
	const refusedPod = "serviceAccountName: absent\n      " + lone
	for name, text := range map[string]string{
		"replicas": strings.NewReplacer(lone, refusedPod, "replicas: 2", "replicas: 0").Replace(deployment),
		"suspend": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: app}\nspec:\n  suspend: true\n  template:\n    " +
			"spec:\n      restartPolicy: Never\n      " + refusedPod + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			repo := repository(t, map[string]string{"app.yaml": text})
			status, got, output := perform(t, nil, "plan", "--tag", "v1", "--kustomization", repo, "--kubeconfig",
				cluster.Kubeconfig, "--images", "registry/app="+cluster.Registry+"/missing/app")
			if status != 0 || len(got.Findings) != 1 || got.Findings[0].Code != finding.PodsRefused ||
				got.Findings[0].Severity != finding.Warning {
				t.Errorf("status %d, findings %v; want 0 and one pods-refused, a warning, in\n%s", status, got.Findings, output)
			}
		})
	}
}

// The API server says it of the pods, where it can be asked; one error is enough.
func TestPlan_reports_an_account_that_is_missing_once(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "missing", map[string]madeImage{"app": {Platforms: []string{"linux/amd64",
		"linux/arm64"}}})
	repo := repository(t, map[string]string{"app.yaml": strings.Replace(deployment, lone,
		"serviceAccountName: absent\n      "+lone, 1)})
	status, got, output := perform(t, nil, "plan", "--tag", "v1", "--kustomization", repo, "--kubeconfig",
		cluster.Kubeconfig, "--images", "registry/app="+cluster.Registry+"/missing/app")
	if status != 1 || len(got.Findings) != 1 || got.Findings[0].Code != finding.PodsRefused {
		t.Errorf("status %d, findings %v; want 1 and one pods-refused in\n%s", status, got.Findings, output)
	}
}
