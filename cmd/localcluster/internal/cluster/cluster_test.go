//go:build unix

package cluster_test

import (
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

func TestTwo_clusters_side_by_side(t *testing.T) {
	for _, test := range []struct {
		preset  string
		address string
		taints  map[string][]string
	}{
		{"aks", "127.0.0.1", map[string][]string{"amd64": nil, "arm64": nil}},
		{"gke", "127.0.0.2", map[string][]string{"amd64": nil, "arm64": {"kubernetes.io/arch=arm64:NoSchedule"}}},
	} {
		t.Run(test.preset, func(t *testing.T) {
			t.Parallel()
			p := start(t, "--preset", test.preset, "--address", test.address, "--registry", "127.0.0.1:0")
			client, server := p.client(t)
			if !strings.HasPrefix(server, test.address+":") {
				t.Errorf("the API server is at %s: want %s", server, test.address)
			}
			children := p.children(t)
			if len(children) != 4 {
				t.Errorf("%d child processes run: want etcd, API server, controller manager and scheduler", len(children))
			}
			expectVersion(t, client)
			expectNodes(t, client, test.taints)
			expectAddress(t, client)
			expectWithdrawal(t, client)
			if mode := fileMode(t, p.kubeconfig); mode != 0o600 {
				t.Errorf("the kubeconfig, which opens the cluster, has mode %o: want 600", mode)
			}
			p.interrupt(t)
			if err := p.cmd.Wait(); err != nil {
				t.Errorf("interrupted, localcluster ended with %v: want status 0\n%s", err, &p.stderr)
			}
			p.expectNothingLeft(t, children, server, p.registry)
		})
	}
}

// expectVersion compares the server's version with the release that is linked: what the module requires, or a
// replacement.
func expectVersion(t *testing.T, client kubernetes.Interface) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{with .Replace}}{{.Version}}{{else}}{{.Version}}{{end}}",
		"k8s.io/kubernetes").Output()
	if err != nil {
		t.Fatal(err)
	}
	version, err := client.Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(string(out))
	got := []string{version.GitVersion, "v" + version.Major + "." + version.Minor}
	if diff := cmp.Diff([]string{want, want[:strings.LastIndex(want, ".")]}, got); diff != "" {
		t.Errorf("/version (-want +got), see the file ldflags:\n%s", diff)
	}
}

// expectNodes checks that every node is Ready and has the taints of its architecture.
func expectNodes(t *testing.T, client kubernetes.Interface, taints map[string][]string) {
	t.Helper()
	nodes, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, node := range nodes.Items {
		var texts []string
		for _, taint := range node.Spec.Taints {
			texts = append(texts, taint.ToString())
		}
		got[node.Labels[corev1.LabelArchStable]] = texts
		for _, condition := range node.Status.Conditions {
			if condition.Type == corev1.NodeReady && condition.Status != corev1.ConditionTrue {
				t.Errorf("node %s is not Ready: %s", node.Name, condition.Message)
			}
		}
	}
	if diff := cmp.Diff(taints, got); diff != "" {
		t.Errorf("taints by architecture (-want +got):\n%s", diff)
	}
}

// expectAddress makes a Service of type LoadBalancer and waits for its address and events.
func expectAddress(t *testing.T, client kubernetes.Interface) {
	t.Helper()
	services := client.CoreV1().Services("default")
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, Ports: []corev1.ServicePort{{Port: 80}}},
	}
	if _, err := services.Create(t.Context(), service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Service web has address 203.0.113.1", func() bool {
		got, err := services.Get(t.Context(), "web", metav1.GetOptions{})
		return err == nil && len(got.Status.LoadBalancer.Ingress) == 1 &&
			got.Status.LoadBalancer.Ingress[0].IP == "203.0.113.1"
	})
	eventually(t, "Service web has the events of a service controller", func() bool {
		list, err := client.CoreV1().Events("default").List(t.Context(),
			metav1.ListOptions{FieldSelector: "involvedObject.name=web"})
		reasons := map[string]bool{}
		for _, event := range list.Items {
			reasons[event.Reason] = true
		}
		return err == nil && cmp.Equal(reasons, map[string]bool{"EnsuringLoadBalancer": true, "EnsuredLoadBalancer": true})
	})
}

// expectWithdrawal makes the Service one without a load balancer, and waits for its address to go.
func expectWithdrawal(t *testing.T, client kubernetes.Interface) {
	t.Helper()
	services := client.CoreV1().Services("default")
	patch := []byte(`{"spec":{"type":"ClusterIP"}}`)
	if _, err := services.Patch(t.Context(), "web", types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Service web has no address", func() bool {
		got, err := services.Get(t.Context(), "web", metav1.GetOptions{})
		return err == nil && len(got.Status.LoadBalancer.Ingress) == 0
	})
}

func fileMode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestKilled_parent_leaves_no_child(t *testing.T) {
	p := start(t)
	children := p.children(t)
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	eventually(t, "the components end with their parent", func() bool { return len(alive(children)) == 0 })
}

func TestDead_component_ends_the_cluster(t *testing.T) {
	p := start(t)
	children := p.children(t)
	if err := syscall.Kill(children[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); p.cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("with a component gone, localcluster ended with %v: want status 1", err)
	}
	if got := p.stderr.String(); !strings.Contains(got, "localcluster: etcd ended unexpectedly (signal: killed); its "+
		"last lines:\n  {") {
		t.Errorf("standard error names neither the component nor its last lines:\n%s", got)
	}
	p.expectNothingLeft(t, children)
}
