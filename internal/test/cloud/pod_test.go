//go:build engines

package cloud_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

// serviceAccount is where a pod finds its service account
// (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api).
const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

// TestKubeconfig_of_a_pod has the program find the service account of the pod that it runs in. It needs root, since it
// mounts a file system where pods have it.
func TestKubeconfig_of_a_pod(t *testing.T) {
	t.Parallel()
	cluster, j, inputs, token := startDeployer(t)
	j.enterPod(t, cluster, token)
	t.Run("pod_of_the_cluster", func(t *testing.T) {
		if status, _ := j.run(t, inputs); status != 0 {
			t.Errorf("status %d", status)
		}
	})
	t.Run("pod_goes_to_its_own_namespace", func(t *testing.T) {
		const want = `User "system:serviceaccount:runners:deployer" cannot`
		if status, log := j.run(t, with(inputs, "namespace", "")); status == 0 || !strings.Contains(log, want) ||
			!strings.Contains(log, `in the namespace "runners"`) {
			t.Errorf("status %d, want a refusal by the namespace of the service account", status)
		}
	})
}

// enterPod gives the job what a pod has of its service account, in a mount namespace of its own: the paths are fixed.
func (j *job) enterPod(t *testing.T, cluster *localcluster.Cluster, token string) {
	t.Helper()
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
