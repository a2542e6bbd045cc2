//go:build linux

package hostile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/layer"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// attacked is a job that deploys to a real API server behind a proxy of an adversary's.
type attacked struct {
	*job
	client kubernetes.Interface
	// namespace is of the test's own.
	namespace string
}

// behind prepares a job with a namespace and an image.
func behind(t *testing.T, namespace string, spoils fault) attacked {
	t.Helper()
	c := cluster.Shared(t, cluster.Options{})
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	through := passOn(t, config)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !spoils(w, r, through) {
			through.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(proxy.CloseClientConnections)
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	a := attacked{newJob(t), client, namespace}
	a.write("kubeconfig", fmt.Sprintf(kubeconfigOf, proxy.URL))
	a.env["INPUT_KUBECONFIG"], a.env["INPUT_NAMESPACE"], a.env["INPUT_TAG"] = "kubeconfig", namespace, "v1"
	a.env["INPUT_IMAGES"] = "app=" + c.Registry + "/" + namespace
	push(t, c.Registry+"/"+namespace+":v1")
	return a
}

const kubeconfigOf = `
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c}}]
clusters: [{name: c, cluster: {server: %q}}]
`

func passOn(t *testing.T, config *rest.Config) http.Handler {
	t.Helper()
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.Transport, proxy.FlushInterval = transport, -1
	return proxy
}

func push(t *testing.T, reference string) {
	t.Helper()
	ref, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	var images []v1.Image
	for architecture, machine := range map[string]uint16{"amd64": 0x3e, "arm64": layer.ARM64} {
		image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: architecture,
			Config: v1.Config{Entrypoint: []string{"/app"}}})
		if err == nil {
			image, err = mutate.AppendLayers(image, layer.Of(t, layer.File("app", 0o755, layer.ELF(machine))))
		}
		if err != nil {
			t.Fatal(err)
		}
		images = append(images, image)
	}
	if err := sampleapp.PushIndex(t.Context(), ref, images); err != nil {
		t.Fatal(err)
	}
}

// manifests writes a kustomization of n ConfigMaps with a value, and a Deployment without pods.
func (a attacked) manifests(n int, value string) {
	text := "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + a.namespace + "}\n---\napiVersion: apps/v1\n" +
		"kind: Deployment\nmetadata: {name: app}\nspec: {replicas: 0, selector: {matchLabels: {app: app}}, template: " +
		"{metadata: {labels: {app: app}}, spec: {containers: [{name: app, image: app}]}}}\n"
	for i := range n {
		text += fmt.Sprintf("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m%02d}\ndata: {v: %q}\n", i, value)
	}
	a.write("kustomization.yaml", "namespace: "+a.namespace+"\nresources: [all.yaml]\n")
	a.write("all.yaml", text)
}

// maps are the values of the ConfigMaps that the cluster has.
func (a attacked) maps() map[string]string {
	a.t.Helper()
	list, err := a.client.CoreV1().ConfigMaps(a.namespace).List(context.Background(), metav1.ListOptions{})
	if err != nil {
		a.t.Fatal(err)
	}
	values := map[string]string{}
	for _, m := range list.Items {
		if strings.HasPrefix(m.Name, "m") && m.Data["v"] != "" {
			values[m.Name] = m.Data["v"]
		}
	}
	return values
}

// reported are the changes in the report, by the names of the objects.
func (a attacked) reported() map[string]string {
	a.t.Helper()
	var report struct {
		Changes []struct{ Object, Action string }
	}
	path := filepath.Join(a.workspace, "multiarch-deploy-report.json")
	if err := json.Unmarshal([]byte(read(a.t, path)), &report); err != nil {
		a.t.Fatal(err)
	}
	actions := map[string]string{}
	for _, c := range report.Changes {
		actions[c.Object[strings.LastIndex(c.Object, "/")+1:]] = c.Action
	}
	return actions
}

// fault answers a request, or spoils its answer, if it returns true. It gets what passes a request on.
type fault func(http.ResponseWriter, *http.Request, http.Handler) bool

// cutting passes requests of a kind on and cuts their connections in place of the answers: from the one of a number on
// that comes after on is set, and for some seconds.
func cutting(on *atomic.Bool, kind func(*http.Request) bool, from int32) fault {
	var seen atomic.Int32
	var until atomic.Pointer[time.Time]
	return func(_ http.ResponseWriter, r *http.Request, through http.Handler) bool {
		if !on.Load() || !kind(r) || seen.Add(1) < from {
			return false
		}
		end := time.Now().Add(5 * time.Second)
		if until.CompareAndSwap(nil, &end); time.Now().After(*until.Load()) {
			return false
		}
		through.ServeHTTP(httptest.NewRecorder(), r.Clone(context.Background()))
		panic(http.ErrAbortHandler)
	}
}

func isChange(method string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method && !r.URL.Query().Has("dryRun") }
}

// A deploy whose connections are cut in the middle leaves nothing at the new version that it does not report.
func TestAPI_server_whose_answers_to_changes_are_lost(t *testing.T) {
	var on atomic.Bool
	a := behind(t, "hostile-lost", cutting(&on, isChange(http.MethodPatch), 8))
	a.manifests(24, "old")
	if r := a.run("run"); r.status != 0 {
		t.Fatalf("status %d\n%s", r.status, r.log())
	}
	on.Store(true)
	a.manifests(24, "new")
	r := a.run("run", "--on-failure", "rollback")
	checkLog(t, r)
	reported := a.reported()
	for object, value := range a.maps() {
		switch action := reported[object]; {
		case value == "new" && action != "configured" && !strings.Contains(r.log(), object):
			t.Errorf("%s stayed at the new version, and the report says %q", object, action)
		case value == "old" && action == "configured":
			t.Errorf("%s is at the old version, and the report says %q", object, action)
		}
	}
	if t.Failed() {
		t.Logf("status %d\n%s", r.status, r.log())
	}
}

// An object that is gone is in the report, also where nobody heard that it is.
func TestAPI_server_whose_answers_to_deletions_are_lost(t *testing.T) {
	var on atomic.Bool
	a := behind(t, "hostile-prune", cutting(&on, isChange(http.MethodDelete), 3))
	a.manifests(12, "old")
	if r := a.run("run", "--prune"); r.status != 0 {
		t.Fatalf("status %d\n%s", r.status, r.log())
	}
	on.Store(true)
	a.manifests(2, "old")
	r := a.run("run", "--prune")
	reported, left := a.reported(), a.maps()
	for i := range 12 {
		object := fmt.Sprintf("m%02d", i)
		_, there := left[object]
		if action := reported[object]; !there && action != "pruned" && !strings.Contains(r.log(), object) ||
			there && action == "pruned" {
			t.Errorf("%s is there: %t, and the report says %q", object, there, action)
		}
	}
	if len(left) < 2 || left["m00"] == "" || left["m01"] == "" {
		t.Errorf("what the deploy holds is gone: %q", left)
	}
	if t.Failed() {
		t.Logf("status %d\n%s", r.status, r.log())
	}
}

// forged answers with texts of an adversary's in every place that a refusal has.
func forged(w http.ResponseWriter, code int32) bool {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(code))
	_ = json.NewEncoder(w).Encode(metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status: "Failure", Message: evil, Reason: evil, Code: code, Details: &metav1.StatusDetails{Name: evil, Kind: evil,
			Causes: []metav1.StatusCause{{Type: evil, Message: evil, Field: evil}}}})
	return true
}

// forgeries are the places where an API server may speak.
var forgeries = map[string]fault{
	"refusal": func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		return r.Method == http.MethodPatch && strings.Contains(r.URL.Path, "configmaps") &&
			forged(w, http.StatusUnprocessableEntity)
	},
	"conflict": func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		return r.Method == http.MethodPatch && forged(w, http.StatusConflict)
	},
	"error": func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		return r.Method == http.MethodPatch && forged(w, http.StatusInternalServerError)
	},
	"nodes": func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		return r.URL.Path == "/api/v1/nodes" && forged(w, http.StatusForbidden)
	},
	"warning": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
		w.Header().Add("Warning", `299 - "::stop-commands::evil ##[error]x"`)
		return false
	},
}

func TestAPI_server_that_forges_commands(t *testing.T) {
	for name, forgery := range forgeries {
		t.Run(name, func(t *testing.T) {
			a := behind(t, "hostile-"+name, forgery)
			a.manifests(2, "x")
			r := a.run("run", "--wait-timeout", "20s")
			checkLog(t, r)
			if (r.status == 0) != (name == "warning") {
				t.Errorf("status %d\n%s", r.status, r.log())
			}
		})
	}
}

// A watch that is always told to begin anew neither spins nor lasts longer than the deploy may.
func TestAPI_server_whose_watches_are_gone_for_ever(t *testing.T) {
	var watches atomic.Int32
	a := behind(t, "hostile-gone", func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if !r.URL.Query().Has("watch") {
			return false
		}
		watches.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"type": "ERROR", "object": metav1.Status{
			TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Message: "too old",
			Reason: metav1.StatusReasonExpired, Code: http.StatusGone}})
		return true
	})
	a.manifests(1, "x")
	a.write(
		"pod.yaml",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: waits}\nspec: {nodeSelector: {a: b}, containers: [{name: a, "+
			"image: app}]}\n",
	)
	a.write("kustomization.yaml", "namespace: "+a.namespace+"\nresources: [all.yaml, pod.yaml]\n")
	began := time.Now()
	r := a.run("run", "--arch-policy", "warn", "--wait-timeout", "15s")
	if r.status == 0 || time.Since(began) > 3*time.Minute || watches.Load() > 500 {
		t.Errorf("status %d after %s and %d watches\n%s", r.status, time.Since(began), watches.Load(), r.log())
	}
}

// An answer without end fills neither memory nor the rest of the job.
func TestAPI_server_whose_answers_have_no_end(t *testing.T) {
	for name, path := range map[string]string{"version": "/version", "kinds": "/apis", "nodes": "/api/v1/nodes"} {
		t.Run(name, func(t *testing.T) {
			a := behind(t, "hostile-endless", endless(path))
			a.manifests(1, "x")
			cmd, stdout, stderr := a.command("run", "--wait-timeout", "20s")
			began := time.Now()
			_ = cmd.Run()
			usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			const most = 1500 << 10 // KiB
			if status := cmd.ProcessState.ExitCode(); name != "version" && status != 3 || usage.Maxrss > most ||
				time.Since(began) > 3*time.Minute {
				t.Errorf("status %d after %s and %d MiB\n%s%s", status, time.Since(began), usage.Maxrss>>10, stdout, stderr)
			}
		})
	}
}

func endless(path string) fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if !strings.HasPrefix(r.URL.Path, path) {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		_, err := w.Write([]byte(`{"kind": "NodeList", "apiVersion": "v1", "items": [{"metadata": {"name": "`))
		for piece := bytes.Repeat([]byte("a"), 1<<20); err == nil; {
			_, err = w.Write(piece)
		}
		return true
	}
}
