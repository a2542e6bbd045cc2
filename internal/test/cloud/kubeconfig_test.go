package cloud_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

// TestKubeconfig has provider kubeconfig reach a cluster in each of its ways, as a service account that has exactly the
// roles of rbac.yaml in another namespace than its own.
func TestKubeconfig(t *testing.T) {
	t.Parallel()
	cluster, j, inputs, token := startDeployer(t)
	t.Run("no_kubeconfig_and_no_pod", func(t *testing.T) {
		const want = "no cluster is configured: neither KUBECONFIG nor ~/.kube/config names one, and this is no pod with a " +
			"service account"
		if status, log := j.attempt(t, inputs); status != 2 || !strings.Contains(log, want) {
			t.Errorf("status %d, want 2 and %q", status, want)
		}
	})
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
		if status, log := j.attempt(t, with(inputs, "kube-context", "shopp")); status != 2 ||
			!strings.Contains(log, `context "shopp" does not exist`) {
			t.Errorf("status %d, want 2 and what does not exist", status)
		}
	})
}

// startDeployer starts a cluster and returns it with a job that deploys to its namespace shop, the job's inputs, and
// the token of a service account in another namespace that has exactly the roles of rbac.yaml.
func startDeployer(t *testing.T) (cluster *localcluster.Cluster, j *job, inputs map[string]string, token string) {
	t.Helper()
	cluster, err := localcluster.Start(t.Context(), localcluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	kubectl(t, cluster, "create", "namespace", "runners")
	kubectl(t, cluster, "-n", "runners", "create", "serviceaccount", "deployer")
	permit(t, cluster, "shop", "system:serviceaccount:runners:deployer")
	pushSample(t, cluster.Registry+"/app:v1")

	j = newJob(t, cloud.Start(t))
	j.write(t, "kustomization.yaml", "resources: [app.yaml]\n")
	j.write(t, "app.yaml", strings.NewReplacer("minReadySeconds: 15", "minReadySeconds: 0",
		"imagePullSecrets: [{name: registry}]", "").Replace(manifests))
	inputs = map[string]string{"images": "registry/app=" + cluster.Registry + "/app", "namespace": "shop"}
	token = strings.TrimSpace(kubectl(t, cluster, "-n", "runners", "create", "token", "deployer"))
	j.cloud.Secret(token)
	return cluster, j, inputs, token
}

// pluginConfig is a kubeconfig whose context shop gets its token from a program called kubelogin, and whose current
// context is another.
func pluginConfig(t *testing.T, cluster *localcluster.Cluster, token string) []byte {
	t.Helper()
	program := filepath.Join(t.TempDir(), "kubelogin")
	script := fmt.Sprintf("#!/bin/sh\necho '{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": "+
		"\"ExecCredential\", \"status\": {\"token\": %q}}'\n", token)
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	server, ca := address(t, cluster)
	file := clientcmdapi.NewConfig()
	file.Clusters["shop"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	file.AuthInfos["deployer"] = &clientcmdapi.AuthInfo{Exec: &clientcmdapi.ExecConfig{
		APIVersion: "client.authentication.k8s.io/v1", Command: program,
		InteractiveMode: clientcmdapi.NeverExecInteractiveMode,
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
