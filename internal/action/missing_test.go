package action_test

import (
	"strings"
	"testing"
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
	tests := []struct {
		name, pod, beside string
		want              string
	}{
		{"a_secret", secret, "", "Secret absent-db, which envFrom of container app names, is neither in the cluster"},
		{"a_secret_of_the_deploy", secret, "---\napiVersion: v1\nkind: Secret\nmetadata: {name: absent-db}\n", ""},
		{"an_account", "serviceAccountName: absent\n      " + lone, "", "ServiceAccount absent, which serviceAccountName " +
			"names"},
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
			repo := repository(t, map[string]string{"app.yaml": strings.Replace(deployment, lone, test.pod, 1) + test.beside})
			_, _, output := perform(t, nil, "plan", "--tag", "v1", "--kustomization", repo, "--kubeconfig",
				cluster.Kubeconfig, "--images", "registry/app="+cluster.Registry+"/missing/app")
			found := strings.Contains(output, "missing-reference")
			if found != (test.want != "") || !strings.Contains(output, test.want) {
				t.Errorf("no %q in\n%s", test.want, output)
			}
		})
	}
}
