package action_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/faults"
)

// Of sixty objects, one has another image. What a deploy asks for does not depend on how many there are: ten requests
// and the changed object's own, besides the lists by which the plan knows the cluster.
func TestRequests_of_a_deploy_are_those_of_what_changed(t *testing.T) {
	const namespace = "requests"
	c := sharedCluster(t, "aks")
	for _, tag := range []string{"v1", "v2"} {
		pushImages(t, c.Registry, namespace, map[string]madeImage{
			"app": {Platforms: []string{"linux/amd64", "linux/arm64"}, Tag: tag}})
	}
	dir, kubeconfig, asked := sixtyObjects(t, namespace), filepath.Join(t.TempDir(), "kubeconfig"), asking(t, c)
	file(t, kubeconfig, fmt.Sprintf("{apiVersion: v1, kind: Config, current-context: x, clusters: [{name: c, cluster: "+
		"{server: %q}}], users: [{name: u, user: {token: t}}], contexts: [{name: x, context: {cluster: c, user: u}}]}",
		asked.url))
	deploy := func(tag, wait string) {
		t.Helper()
		var output bytes.Buffer
		program := action.Program{Stdout: &output, Stderr: &output, Getenv: func(string) string { return "" }}
		if status := program.Main(t.Context(), []string{"run", "--tag", tag, "--kustomization", dir, "--kubeconfig",
			kubeconfig, "--images", "registry/app=" + c.Registry + "/" + namespace + "/app", wait}); status != 0 {
			t.Fatalf("status %d\n%s", status, &output)
		}
	}
	deploy("v1", "--wait") // and waits until the controllers have nothing more to write
	asked.forget()
	deploy("v2", "--wait=false")
	want := []string{
		"GET /api", "GET /apis",
		"GET /api/v1/namespaces/requests",
		"GET /api/v1/namespaces/requests/configmaps",
		"GET /api/v1/namespaces/requests/services",
		"GET /apis/apps/v1/namespaces/requests/deployments",
		"GET /apis/autoscaling/v2/namespaces/requests/horizontalpodautoscalers",
		// What becomes of the changed object, and of its pods; and the change.
		"PATCH /apis/apps/v1/namespaces/requests/deployments/app-00?dryRun",
		"PATCH /apis/apps/v1/namespaces/requests/deployments/app-00",
		"POST /api/v1/namespaces/requests/pods?dryRun",
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, asked.besidesThePlan()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// asked are the requests that an API server got.
type asked struct {
	url string

	mu   sync.Mutex
	list []string
}

// asking stands before a cluster's API server.
func asking(t *testing.T, c *cluster.Cluster) *asked {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	a, to := &asked{}, faults.Forward(t, config.Host, transport)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Method + " " + r.URL.Path
		if r.URL.Query().Has("dryRun") {
			name += "?dryRun"
		}
		a.mu.Lock()
		a.list = append(a.list, name)
		a.mu.Unlock()
		to.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	a.url = server.URL
	return a
}

func (a *asked) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = nil
}

// besidesThePlan are the requests without the lists of all namespaces, which are those of the plan.
func (a *asked) besidesThePlan() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	own := slices.DeleteFunc(slices.Clone(a.list), func(name string) bool {
		discovers := name == "GET /api" || name == "GET /apis"
		return strings.HasPrefix(name, "GET ") && !discovers && !strings.Contains(name, "/namespaces/")
	})
	slices.Sort(own)
	return own
}

// sixtyObjects writes a kustomization of twenty Deployments without pods, as many Services and ConfigMaps.
func sixtyObjects(t *testing.T, namespace string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	text := "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + namespace + "}\n"
	for i := range 20 {
		image := "registry/other"
		if i == 0 {
			image = "registry/app"
		}
		text += fmt.Sprintf(`---
{apiVersion: v1, kind: ConfigMap, metadata: {name: app-%02[1]d}, data: {a: b}}
---
{apiVersion: v1, kind: Service, metadata: {name: app-%02[1]d}, spec: {selector: {app: a}, ports: [{port: 80}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: app-%02[1]d}, spec: {replicas: 0, selector: {matchLabels:
  {app: app-%02[1]d}}, template: {metadata: {labels: {app: app-%02[1]d}}, spec: {containers: [{name: app, image: %[2]s}]}}}}
`, i, image)
	}
	file(t, filepath.Join(dir, "objects.yaml"), text)
	file(t, filepath.Join(dir, "kustomization.yaml"), "namespace: "+namespace+"\nresources: [objects.yaml]\n")
	return dir
}

func file(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
