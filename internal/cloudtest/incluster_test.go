package cloudtest_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/cloudtest"
	"github.com/multiarch-deploy/multiarch-deploy/internal/localcluster"
)

// serviceAccount is where a pod finds its service account
// (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api).
const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

// TestInCluster runs the program as in a pod of a self-hosted runner: with no kubeconfig, but a service account that has
// exactly the roles of rbac.yaml in another namespace than its own.
func TestInCluster(t *testing.T) {
	cluster, err := localcluster.Start(t.Context(), localcluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	kubectl(t, cluster, "create", "namespace", "runners")
	kubectl(t, cluster, "-n", "runners", "create", "serviceaccount", "deployer")
	permit(t, cluster, "shop", "system:serviceaccount:runners:deployer")
	pushSample(t, cluster.Registry+"/app:v1")

	j := newJob(t, cloudtest.Start(t))
	j.write(t, "kustomization.yaml", "resources: [app.yaml]\n")
	j.write(t, "app.yaml", strings.NewReplacer("minReadySeconds: 15", "minReadySeconds: 0", "imagePullSecrets: [{name: registry}]", "").Replace(manifests))
	inputs := map[string]string{"images": "registry/app=" + cluster.Registry + "/app", "namespace": "shop"}

	t.Run("no_kubeconfig_and_no_pod", func(t *testing.T) {
		const want = "no cluster is configured: neither KUBECONFIG nor ~/.kube/config names one, and this is no pod with a service account"
		if status, log := j.attempt(t, inputs); status != 2 || !strings.Contains(log, want) {
			t.Errorf("status %d, want 2 and %q", status, want)
		}
	})
	j.enterPod(t, cluster)
	t.Run("deploys", func(t *testing.T) {
		if status, _ := j.run(t, inputs); status != 0 {
			t.Errorf("status %d", status)
		}
	})
	t.Run("goes_to_the_pods_own_namespace", func(t *testing.T) {
		inputs["namespace"] = ""
		const want = `User "system:serviceaccount:runners:deployer" cannot`
		if status, log := j.run(t, inputs); status == 0 || !strings.Contains(log, want) || !strings.Contains(log, `in the namespace "runners"`) {
			t.Errorf("status %d, want a refusal by the namespace of the service account", status)
		}
	})
}

// enterPod gives the job what a pod has of its service account, in a mount namespace of its own: the paths are fixed.
func (j *job) enterPod(t *testing.T, cluster *localcluster.Cluster) {
	t.Helper()
	token := strings.TrimSpace(kubectl(t, cluster, "-n", "runners", "create", "token", "deployer"))
	j.cloud.Secret(token)
	server, ca := address(t, cluster)
	files := t.TempDir()
	for name, content := range map[string]string{"token": token, "ca.crt": string(ca), "namespace": "runners"} {
		if err := os.WriteFile(filepath.Join(files, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	const mount = `mount -t tmpfs pod /var/run && mkdir -p "$2" && cp "$1"/* "$2" && shift 2 && exec env "$@"`
	j.through = []string{"unshare", "--mount", "sh", "-ec", mount, "sh", files, serviceAccount,
		"KUBERNETES_SERVICE_HOST=" + at.Hostname(), "KUBERNETES_SERVICE_PORT=" + at.Port()}
}
