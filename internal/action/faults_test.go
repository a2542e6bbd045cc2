package action_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

// soon is how long a run may take on a machine that does much else. It bounds a test that would hang; it is no
// measurement.
const soon = 10 * time.Minute

// TestFaults runs the program into everything that commonly is wrong, and wants a message that says so.
func TestFaults(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "faults",
		map[string]madeImage{"app": {Platforms: []string{"linux/amd64", "linux/arm64"}}})
	image := "registry/app=" + cluster.Registry + "/faults/app"
	pushNothing(t, cluster.Registry+"/faults/app:nothing")
	closed := closedAddress(t)

	for _, test := range []struct {
		name   string
		repo   map[string]string // file -> content, over a good kustomization
		args   []string
		status int
		want   []string // what the message says
	}{
		{"cluster_that_refuses_connections", nil,
			[]string{"--images", image, "--kubeconfig", kubeconfig(t, "https://"+closed, "")}, 3,
			[]string{"https://" + closed, "connection refused"}},
		{"cluster_that_hangs", nil,
			[]string{"--images", image, "--kubeconfig", kubeconfig(t, silent(t), "")}, 3,
			[]string{"127.0.0.1"}},
		{"kubeconfig_that_is_not_there", nil,
			[]string{"--images", image, "--kubeconfig", "/no/such/kubeconfig"}, 2,
			[]string{`kubeconfig "/no/such/kubeconfig" does not exist`}},
		{"kubeconfig_that_is_no_yaml", map[string]string{"broken": "{"},
			[]string{"--images", image, "--kubeconfig", "REPO/broken"}, 2,
			[]string{"reading the kubeconfig"}},
		{"kube_context_that_is_not_there", nil,
			[]string{"--images", image, "--kubeconfig", cluster.Kubeconfig, "--kube-context", "prod"}, 2,
			[]string{`context "prod" does not exist`}},
		{"registry_that_refuses_connections", nil,
			[]string{"--images", "registry/app=" + closed + "/app", "--kubeconfig", cluster.Kubeconfig}, 3,
			[]string{closed, "connection refused"}},
		{"registry_that_hangs", nil,
			[]string{"--images", "registry/app=" + strings.TrimPrefix(silent(t), "http://") + "/app", "--kubeconfig",
				cluster.Kubeconfig}, 3,
			[]string{"127.0.0.1", "10s"}},
		{"tag_that_is_not_there", nil,
			[]string{"--images", image + " tag=v2", "--kubeconfig", cluster.Kubeconfig}, 1,
			[]string{"image-not-found", "faults/app:v2"}},
		{"index_of_nothing", nil,
			[]string{"--images", image + " tag=nothing", "--kubeconfig", cluster.Kubeconfig}, 1,
			[]string{"platform-missing", "lists no image for any platform"}},
		{"sidecar_that_is_not_there", map[string]string{"app.yaml": strings.Replace(deployment, "registry/app}]",
			"registry/app}, {name: proxy, image: '"+cluster.Registry+"/faults/proxy:v1'}]", 1)},
			[]string{"--images", image, "--kubeconfig", cluster.Kubeconfig}, 1,
			[]string{"/app.yaml:12): image", "faults/proxy:v1"}},
		{"reference_that_does_not_parse", nil,
			[]string{"--images", "registry/app=Not A Repository", "--kubeconfig", cluster.Kubeconfig}, 2,
			[]string{`"Not" is not a repository`, `"A" is not key=value`}},
		{"image_name_that_no_manifest_uses", nil,
			[]string{"--images", "registry/ap=" + cluster.Registry + "/faults/app", "--kubeconfig", cluster.Kubeconfig}, 1,
			[]string{"image-unmatched", "registry/ap "}},
		{"kustomization_that_does_not_render", map[string]string{"kustomization.yaml": "resources: [missing.yaml]\n"},
			[]string{"--images", image, "--kubeconfig", cluster.Kubeconfig}, 1,
			[]string{"missing.yaml"}},
		{"kustomization_that_is_broken", map[string]string{"kustomization.yaml": "resources: [app.yaml\nimages: 3\n"},
			[]string{"--images", image, "--kubeconfig", cluster.Kubeconfig}, 1,
			[]string{"kustomization.yaml:"}},
		{"empty_kustomization", map[string]string{"kustomization.yaml": "namespace: faults\n"},
			[]string{"--images", image, "--kubeconfig", cluster.Kubeconfig}, 1,
			[]string{"kustomization.yaml"}},
		{"no_kustomization", map[string]string{"kustomization.yaml": ""},
			[]string{"--images", image, "--kubeconfig", cluster.Kubeconfig}, 1,
			[]string{"no kustomization in folder"}},
		{"manifest_that_the_api_refuses", map[string]string{"app.yaml": strings.Replace(deployment, "replicas: 2",
			"replicas: -2", 1)},
			[]string{"--images", image, "--kubeconfig", cluster.Kubeconfig}, 1,
			[]string{"apply-rejected", "Deployment default/app", "spec.replicas", "app.yaml:1"}},
		{"kind_that_the_api_does_not_know", map[string]string{"app.yaml": deployment +
			"---\napiVersion: shop/v1\nkind: Cart\nmetadata: {name: mine}\n"},
			[]string{"--images", image, "--kubeconfig", cluster.Kubeconfig}, 1,
			[]string{"apply-rejected", "Cart"}},
		{"entry_that_overrules_what_was_verified",
			map[string]string{"kustomization.yaml": "resources: [app.yaml]\nimages:\n- name: registry/app\n- name: " +
				cluster.Registry + "/faults/app\n  newTag: v0\n"},
			[]string{"--images", image, "--kubeconfig", cluster.Kubeconfig}, 1,
			[]string{"image-unmatched", "a later entry of images"}},
		{"repository_with_a_scheme", nil,
			[]string{"--images", "registry/app=https://ghcr.io/me/app", "--kubeconfig", cluster.Kubeconfig}, 2,
			[]string{"it starts with a scheme"}},
		{"flag_that_is_unknown", nil, []string{"--image", image}, 2, []string{"unknown flag: --image", "--help"}},
		{"argument_where_none_is_taken", nil, []string{"now"}, 2, []string{`"now" was given`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			repo := repository(t, test.repo)
			for i := range test.args {
				test.args[i] = strings.ReplaceAll(test.args[i], "REPO", repo)
			}
			status, output := start(t, append([]string{"run", "--tag", "v1", "--kustomization", repo}, test.args...))
			if status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			for _, want := range test.want {
				if !strings.Contains(output, want) {
					t.Errorf("no %q in the output", want)
				}
			}
			t.Log(output)
		})
	}
}

// What the plan and what the API server have against a deploy is one list to work off, not two runs.
func TestFaults_of_plan_and_server_are_reported_at_once(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "at-once",
		map[string]madeImage{"app": {Platforms: []string{"linux/amd64", "linux/arm64"}}})
	app := strings.Replace(deployment, "    spec:\n", "    spec:\n      nodeSelector: {kubernetes.io/arch: s390x}\n", 1) +
		"---\napiVersion: v1\nkind: Service\nmetadata: {name: app}\nspec: {ports: [{port: 80000}]}\n"
	repo := repository(t, map[string]string{"app.yaml": app})
	status, _, output := perform(t, nil, "run", "--tag", "v1", "--kustomization", repo, "--images",
		"registry/app="+cluster.Registry+"/at-once/app", "--kubeconfig", cluster.Kubeconfig)
	if status != 1 || !strings.Contains(output, "error no-matching-node") ||
		!strings.Contains(output, "error apply-rejected") {
		t.Errorf("status %d\n%s", status, output)
	}
}

func TestFaults_a_refused_deploy_leaves_the_kustomization_alone(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "refused",
		map[string]madeImage{"app": {Platforms: []string{"linux/amd64", "linux/arm64"}}})
	for _, test := range []struct{ name, tag, app string }{
		{"an_image_that_is_not_there", "none", deployment},
		{"a_manifest_that_the_api_refuses", "v1", strings.Replace(deployment, "replicas: 2", "replicas: -2", 1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			repo := repository(t, map[string]string{"app.yaml": test.app})
			before := read(t, filepath.Join(repo, "kustomization.yaml"))
			status, output := start(t, []string{"run", "--tag", test.tag, "--kustomization", repo,
				"--images", "registry/app=" + cluster.Registry + "/refused/app", "--kubeconfig", cluster.Kubeconfig})
			if after := read(t, filepath.Join(repo, "kustomization.yaml")); status != 1 || after != before {
				t.Errorf("status %d, and the file holds %q\n%s", status, after, output)
			}
		})
	}
}

func TestFaults_an_unknown_command(t *testing.T) {
	var output bytes.Buffer
	program := action.Program{Stdout: &output, Stderr: &output, Getenv: func(string) string { return "" }}
	if status := program.Main(t.Context(), []string{"frob"}); status != 2 ||
		!strings.Contains(output.String(), `no command is named "frob"`) {
		t.Errorf("status %d\n%s", status, &output)
	}
}

// Two folders are two deploys, though each calls its kustomization ".".
func TestPrune_keeps_what_another_folder_deployed(t *testing.T) {
	cluster := sharedCluster(t, "aks")
	pushImages(t, cluster.Registry, "prune",
		map[string]madeImage{"app": {Platforms: []string{"linux/amd64", "linux/arm64"}}})
	namespace := "apiVersion: v1\nkind: Namespace\nmetadata: {name: prune}\n---\n"
	deploy := func(repo string) (int, string) {
		t.Chdir(repo)
		return start(t, []string{"run", "--tag", "v1", "--prune", "--namespace", "prune",
			"--images", "registry/app=" + cluster.Registry + "/prune/app", "--kubeconfig", cluster.Kubeconfig})
	}
	first := repository(t, map[string]string{"app.yaml": namespace + deployment})
	second := repository(t, map[string]string{"app.yaml": strings.ReplaceAll(deployment, "name: app}", "name: other}")})
	for _, repo := range []string{first, second} {
		if status, output := deploy(repo); status != 0 || strings.Contains(output, "pruned") {
			t.Errorf("status %d\n%s", status, output)
		}
	}
	// What the first folder itself no longer holds does go.
	if err := os.WriteFile(filepath.Join(first, "app.yaml"),
		[]byte(namespace+strings.ReplaceAll(deployment, "name: app}", "name: renamed}")), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, output := deploy(first); status != 0 || !strings.Contains(output, "pruned apps/v1 Deployment prune/app\n") {
		t.Errorf("status %d\n%s", status, output)
	}
}

func TestRewrite_keeps_a_repository_as_it_was_given(t *testing.T) {
	repo := repository(t, nil)
	status, output := start(t, []string{"rewrite", "--tag", "v1", "--kustomization", repo, "--images",
		"registry/app=me/app"})
	if want, got := "newName: me/app\n", read(t, filepath.Join(repo, "kustomization.yaml")); status != 0 ||
		!strings.Contains(got, want) {
		t.Errorf("status %d, no %q in %q\n%s", status, want, got, output)
	}
}

func TestFaults_a_cluster_without_nodes(t *testing.T) {
	nodes := filepath.Join(t.TempDir(), "nodes.yaml")
	if err := os.WriteFile(nodes, []byte("pools: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster, err := localcluster.Start(t.Context(), localcluster.Options{NodesFile: nodes})
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Stop()
	pushImages(t, cluster.Registry, "faults",
		map[string]madeImage{"app": {Platforms: []string{"linux/amd64", "linux/arm64"}}})
	args := []string{"run", "--tag", "v1", "--kustomization", repository(t, nil),
		"--images", "registry/app=" + cluster.Registry + "/faults/app", "--kubeconfig", cluster.Kubeconfig}

	status, output := start(t, args)
	if want := "has no nodes"; status != 1 || !strings.Contains(output, want) {
		t.Errorf("status %d, want 1 and %q in:\n%s", status, want, output)
	}
	status, output = start(t, append(args, "--arch-policy", "warn", "--wait=false"))
	if want := "created apps/v1 Deployment default/app"; status != 0 || !strings.Contains(output, want) {
		t.Errorf("status %d, want 0 and %q in:\n%s", status, want, output)
	}
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 2
  selector:
    matchLabels: {app: app}
  template:
    metadata:
      labels: {app: app}
    spec:
      containers: [{name: app, image: registry/app}]
`

// pushNothing pushes an index that lists no image.
func pushNothing(t *testing.T, reference string) {
	t.Helper()
	ref, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, empty.Index); err != nil {
		t.Fatal(err)
	}
}

// repository is a folder with a kustomization; files replace or, when empty, remove what is in it.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	content := map[string]string{"kustomization.yaml": "resources: [app.yaml]\n", "app.yaml": deployment}
	for name, text := range files {
		content[name] = text
	}
	folder := t.TempDir()
	for name, text := range content {
		if text == "" {
			continue
		}
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// start runs the program with a bound on its time, and returns all that it printed.
func start(t *testing.T, args []string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	var output bytes.Buffer
	program := action.Program{Stdout: &output, Stderr: &output, Getenv: func(string) string { return "" }}
	return program.Main(ctx, args), output.String()
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// kubeconfig writes one that leads to a server.
func kubeconfig(t *testing.T, server, extra string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	content := `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "` + server + `", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
` + extra
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// closedAddress is one where nothing listens.
func closedAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// silent is a server that takes requests and never answers.
func silent(t *testing.T) string {
	t.Helper()
	forever := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-forever }))
	t.Cleanup(func() { close(forever); server.Close() })
	return server.URL
}
