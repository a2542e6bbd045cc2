package cloud_test

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

// serviceAccount is where a pod finds its service account
// (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api).
const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

// TestKubeconfig has provider kubeconfig reach a cluster in each of its ways, as a service account that has exactly the
// roles of rbac.yaml in another namespace than its own.
func TestKubeconfig(t *testing.T) {
	t.Parallel()
	cluster, err := localcluster.Start(t.Context(), localcluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	kubectl(t, cluster, "create", "namespace", "runners")
	kubectl(t, cluster, "-n", "runners", "create", "serviceaccount", "deployer")
	permit(t, cluster, "shop", "system:serviceaccount:runners:deployer")
	pushSample(t, cluster.Registry+"/app:v1")

	j := newJob(t, cloud.Start(t))
	j.write(t, "kustomization.yaml", "resources: [app.yaml]\n")
	j.write(t, "app.yaml", strings.NewReplacer("minReadySeconds: 15", "minReadySeconds: 0", "imagePullSecrets: [{name: registry}]", "").Replace(manifests))
	inputs := map[string]string{"images": "registry/app=" + cluster.Registry + "/app", "namespace": "shop"}

	t.Run("no_kubeconfig_and_no_pod", func(t *testing.T) {
		const want = "no cluster is configured: neither KUBECONFIG nor ~/.kube/config names one, and this is no pod with a service account"
		if status, log := j.attempt(t, inputs); status != 2 || !strings.Contains(log, want) {
			t.Errorf("status %d, want 2 and %q", status, want)
		}
	})
	token := strings.TrimSpace(kubectl(t, cluster, "-n", "runners", "create", "token", "deployer"))
	j.cloud.Secret(token)
	plugin := write(t, pluginConfig(t, cluster, token))
	t.Run("plugin_beside_a_command", func(t *testing.T) {
		j.vars = map[string]string{"GITHUB_ACTIONS": "", "KUBECONFIG": "/no/such/file:" + plugin}
		args := []string{"plan", "--images", inputs["images"], "--namespace", "shop", "--kube-context", "shop"}
		if status, _ := j.attempt(t, nil, args...); status != 0 {
			t.Errorf("status %d", status)
		}
	})
	t.Run("plugin_in_a_container_action", func(t *testing.T) {
		j.vars = map[string]string{"GITHUB_WORKSPACE": "/github/workspace", "KUBECONFIG": plugin}
		const want = "set provider to aks, which needs no kubeconfig and no kubelogin"
		if status, log := j.attempt(t, with(inputs, "kube-context", "shop")); status != 2 || !strings.Contains(log, want) {
			t.Errorf("status %d, want 2 and %q", status, want)
		}
	})
	t.Run("no_such_context", func(t *testing.T) {
		j.vars = map[string]string{"KUBECONFIG": plugin}
		if status, log := j.attempt(t, with(inputs, "kube-context", "shopp")); status != 2 || !strings.Contains(log, `context "shopp" does not exist`) {
			t.Errorf("status %d, want 2 and what does not exist", status)
		}
	})
	j.vars = nil
	j.enterPod(t, cluster, token)
	t.Run("pod_of_the_cluster", func(t *testing.T) {
		if status, _ := j.run(t, inputs); status != 0 {
			t.Errorf("status %d", status)
		}
	})
	t.Run("pod_goes_to_its_own_namespace", func(t *testing.T) {
		const want = `User "system:serviceaccount:runners:deployer" cannot`
		if status, log := j.run(t, with(inputs, "namespace", "")); status == 0 || !strings.Contains(log, want) || !strings.Contains(log, `in the namespace "runners"`) {
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

// pluginConfig is a kubeconfig whose context shop gets its token from a program called kubelogin, and whose current
// context is another.
func pluginConfig(t *testing.T, cluster *localcluster.Cluster, token string) []byte {
	t.Helper()
	program := filepath.Join(t.TempDir(), "kubelogin")
	script := fmt.Sprintf("#!/bin/sh\necho '{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {\"token\": %q}}'\n", token)
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	server, ca := address(t, cluster)
	file := clientcmdapi.NewConfig()
	file.Clusters["shop"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	file.AuthInfos["deployer"] = &clientcmdapi.AuthInfo{Exec: &clientcmdapi.ExecConfig{
		APIVersion: "client.authentication.k8s.io/v1", Command: program, InteractiveMode: clientcmdapi.NeverExecInteractiveMode,
	}}
	file.Contexts["shop"] = &clientcmdapi.Context{Cluster: "shop", AuthInfo: "deployer"}
	file.Contexts["nobody"] = &clientcmdapi.Context{Cluster: "shop"}
	file.CurrentContext = "nobody"
	content, err := clientcmd.Write(*file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// write keeps content in a file outside of the job's folders, and returns its path.
func write(t *testing.T, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// with is a copy of inputs with one of them changed.
func with(inputs map[string]string, name, value string) map[string]string {
	changed := maps.Clone(inputs)
	changed[name] = value
	return changed
}
