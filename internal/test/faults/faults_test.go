package faults_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/faults"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// every has each request meet each fault, not one of them.
var every = flag.Bool("every", false, "try each fault at each request, which takes half an hour")

// most is how long a run may take with a request that is never answered: more than every limit on one request and its
// repetitions. It is no measurement.
const most = 5 * time.Minute

// world is a cluster and its registry behind proxies, and a kustomization to deploy.
type world struct {
	registry, cluster *faults.Proxy
	kubeconfig        string
	folder            string
	namespace         string
}

func newWorld(t *testing.T, namespace string) world {
	t.Helper()
	c := cluster.Shared(t, cluster.Options{})
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	must(t, err)
	transport, err := rest.TransportFor(config)
	must(t, err)
	w := world{
		registry: faults.New(t, "http://"+c.Registry, nil), cluster: faults.New(t, config.Host, transport),
		folder: t.TempDir(), namespace: namespace,
	}
	w.registry.Namespace, w.cluster.Namespace = namespace, namespace
	w.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	write(t, w.kubeconfig, fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://%s"}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`, w.cluster.Host))
	write(t, filepath.Join(w.folder, "kustomization.yaml"), "namespace: "+namespace+"\nresources: [app.yaml]\n")
	write(t, filepath.Join(w.folder, "app.yaml"), fmt.Sprintf(manifests, namespace))
	client, err := kubernetes.NewForConfig(config)
	must(t, err)
	t.Cleanup(func() { // so that its nodes have room for the pods of the next worlds
		_ = client.CoreV1().Namespaces().Delete(context.Background(), namespace, metav1.DeleteOptions{})
	})
	return w
}

const manifests = `apiVersion: v1
kind: Namespace
metadata: {name: %s}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: b}
---
apiVersion: apps/v1
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

func (w world) args() []string {
	return []string{"run", "--tag", "v1", "--kustomization", w.folder, "--kubeconfig", w.kubeconfig, "--prune",
		"--images", "registry/app=" + w.registry.Host + "/faults/app"}
}

// run runs the program, and returns its status, what it printed and how long it took.
func (w world) run(t *testing.T) (int, string, time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*most)
	defer cancel()
	var output bytes.Buffer
	program := action.Program{Stdout: &output, Stderr: &output, Getenv: func(string) string { return "" }}
	began := time.Now()
	status := program.Main(ctx, w.args())
	return status, output.String(), time.Since(began)
}

// converges runs the program without a fault, which must end well, whatever a run before has left.
func (w world) converges(t *testing.T) {
	t.Helper()
	w.registry.Set("", faults.None, nil)
	w.cluster.Set("", faults.None, nil)
	if status, output, _ := w.run(t); status != 0 {
		t.Errorf("the run after it: status %d\n%s", status, output)
	}
}

// pushApp pushes the sample app for two platforms.
func pushApp(t *testing.T, reference string, options ...remote.Option) {
	t.Helper()
	platforms := []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}
	images, err := sampleapp.Build(t.Context(), sampleapp.AKS("../../.."), platforms...)
	must(t, err)
	ref, err := name.ParseReference(reference)
	must(t, err)
	must(t, sampleapp.PushIndex(t.Context(), ref, images, options...))
}

// request is one of a run's.
type request struct {
	name string
	// cluster says to whom it goes: to the cluster, or to the registry.
	cluster bool
}

// requests are those of a run in which nothing goes wrong, into a namespace of its own.
func requests(t *testing.T, namespace string) (all []request) {
	t.Helper()
	pushApp(t, cluster.Shared(t, cluster.Options{}).Registry+"/faults/app:v1")
	w := newWorld(t, namespace)
	if status, output, _ := w.run(t); status != 0 {
		t.Fatalf("without a fault: status %d\n%s", status, output)
	}
	for _, name := range w.registry.Seen() {
		all = append(all, request{name, false})
	}
	for _, name := range w.cluster.Seen() {
		all = append(all, request{name, true})
	}
	if len(all) < 20 {
		t.Fatalf("%d requests, which are not all of a deploy: %v", len(all), all)
	}
	return all
}

func (w world) proxy(r request) *faults.Proxy {
	if r.cluster {
		return w.cluster
	}
	return w.registry
}

// Whatever happens to whichever request: the run ends within the limits, well or with the status of a failure outside
// and the host's name, and the next run converges.
func TestNew_at_every_request_of_a_run(t *testing.T) {
	for i, r := range requests(t, "faults-none") {
		for at, fault := range faults.All {
			if !*every && at != i%len(faults.All) {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s", r.name, fault), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, fmt.Sprintf("faults-%d-%s", i, fault))
				w.proxy(r).Set(r.name, fault, nil)
				status, output, took := w.run(t)
				if took > most || !w.proxy(r).Met() {
					t.Errorf("it took %s, and met the fault: %t", took, w.proxy(r).Met())
				}
				if status != 0 && (status != 3 || !strings.Contains(output, w.proxy(r).Host)) {
					t.Errorf("status %d; want 0, or 3 and %s in:\n%s", status, w.proxy(r).Host, output)
				}
				w.converges(t)
			})
		}
	}
}

// signals end a run.
var signals = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL}

// Whenever a run is interrupted, even killed: it ends soon, and the next run converges.
func TestNew_interrupted_at_every_request_of_a_run(t *testing.T) {
	for i, r := range requests(t, "interrupted-never") {
		signal := signals[i%len(signals)]
		t.Run(fmt.Sprintf("%s/%s", r.name, signal), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fmt.Sprintf("interrupted-%d", i))
			var output bytes.Buffer
			cmd := exec.Command(programs.Path(t), w.args()...)
			cmd.Env = append(os.Environ(), "GITHUB_ACTIONS=", "INPUT_COMMAND=")
			cmd.Stdout, cmd.Stderr = &output, &output
			w.proxy(r).Set(r.name, faults.Late, func() { _ = cmd.Process.Signal(signal) })
			must(t, cmd.Start())
			began := time.Now()
			_ = cmd.Wait()
			if took := time.Since(began); took > most || !w.proxy(r).Met() {
				t.Errorf("it took %s, and met the signal: %t\n%s", took, w.proxy(r).Met(), &output)
			}
			if status := cmd.ProcessState.ExitCode(); signal != syscall.SIGKILL && status != 130 {
				t.Errorf("status %d, want 130\n%s", status, &output)
			}
			w.converges(t)
		})
	}
}

// A proxy that does nothing to any request would prove nothing.
func TestProxy_faults(t *testing.T) {
	for _, test := range []struct {
		fault faults.Fault
		fails bool
		least time.Duration
	}{
		{faults.None, false, 0}, {faults.Stall, true, 0}, {faults.Cut, true, 0}, {faults.Half, true, 0},
		{faults.Late, false, time.Second}, {faults.Dribble, false, time.Second},
	} {
		t.Run(string(test.fault), func(t *testing.T) {
			t.Parallel()
			p := faults.New(t, serve(t), nil)
			p.Set("GET /a", test.fault, nil)
			began := time.Now()
			client := http.Client{Timeout: 10 * time.Second}
			body, err := get(t, client, "http://"+p.Host+"/a")
			if took := time.Since(began); took < test.least {
				t.Errorf("took %s, want %s at least", took, test.least)
			}
			if (err != nil) != test.fails || err == nil && body != "hello world" {
				t.Errorf("answer %q, error %v", body, err)
			}
			if body, err := get(t, client, "http://"+p.Host+"/a"); err != nil || body != "hello world" {
				t.Errorf("the next request: %q, %v", body, err)
			}
		})
	}
}

func serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello world")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func get(t *testing.T, client http.Client, url string) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	must(t, err)
	request.Close = true // Go's client repeats a request whose kept connection was cut
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
