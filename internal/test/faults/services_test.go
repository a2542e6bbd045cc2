package faults_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	azuretest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/azure"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/faults"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/github"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/registry"
)

// job is a workflow job whose services are all behind one proxy, in a world of its own.
type job struct {
	proxy *faults.Proxy
	dir   string
	env   map[string]string
	// done checks what a good run has brought about.
	done func(t *testing.T)
	// others reports, of a request's name, that it is none of the job; nil for none.
	others func(name string) bool
}

// jobs are those that reach each service besides registries and clusters.
var jobs = map[string]func(*testing.T) job{
	"azure": azureJob, "google": googleJob,
	"commit":       func(t *testing.T) job { return commitJob(t, "commit") },
	"pull_request": func(t *testing.T) job { return commitJob(t, "pull-request") },
}

// azureJob plans for a cluster of AKS with an image in ACR.
func azureJob(t *testing.T) job {
	c := cloud.Start(t)
	azure := azuretest.New(c)
	azure.Cluster.Server, azure.Cluster.CA = "https://shop.hcp.westeurope.azmk8s.io", c.CA
	c.Handle("shop.hcp.westeurope.azmk8s.io", apiServer(t))
	pushApp(t, azure.Registry+"/app:v1", as(c, "nodes", azuretest.NodePassword)...)
	return planningJob(t, c, map[string]string{
		"images": "registry/app=" + azure.Registry + "/app", "provider": "aks", "cluster": azure.ClusterID(),
		"azure-client-id": azure.ClientID, "azure-tenant-id": azure.TenantID,
	})
}

// googleJob plans for a cluster of GKE, as a service account, with an image in Artifact Registry.
func googleJob(t *testing.T) job {
	const artifacts, endpoint = "europe-docker.pkg.dev", "gke-0a1b2c.europe-west1.gke.goog"
	c := cloud.Start(t)
	google := googletest.New(c)
	google.ArtifactRegistry(artifacts)
	google.Cluster = map[string]any{"name": "shop", "controlPlaneEndpointsConfig": map[string]any{
		"dnsEndpointConfig": map[string]any{"endpoint": endpoint, "allowExternalTraffic": true},
	}}
	c.Handle(endpoint, apiServer(t))
	pushApp(t, artifacts+"/octo-shop/shop/app:v1", as(c, "oauth2accesstoken", google.NodeToken())...)
	return planningJob(t, c, map[string]string{
		"images": "registry/app=" + artifacts + "/octo-shop/shop/app", "provider": "gke", "cluster": "shop",
		"location": "europe-west1", "endpoint": "dns", "gcp-project-id": "octo-shop",
		"gcp-workload-identity-provider": google.Provider.Name, "gcp-service-account": google.ServiceAccount,
	})
}

// apiServer is the shared cluster's, which lets everybody in.
func apiServer(t *testing.T) *faults.Proxy {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Shared(t, cluster.Options{}).Kubeconfig)
	must(t, err)
	transport, err := rest.TransportFor(config)
	must(t, err)
	return faults.Before(t, faults.Forward(t, config.Host, transport))
}

// planningJob plans for two pods, with the inputs of a cloud.
func planningJob(t *testing.T, c *cloud.Cloud, inputs map[string]string) job {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "kustomization.yaml"), "namespace: planned\nresources: [app.yaml]\n")
	write(t, filepath.Join(dir, "app.yaml"), fmt.Sprintf(manifests, "planned"))
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_SHA": "v1", "GITHUB_WORKSPACE": dir, "GITHUB_OUTPUT": filepath.Join(dir, "output"),
		"GITHUB_REPOSITORY": "octo-org/octo-repo", "INPUT_COMMAND": "plan", "INPUT_ARCH-POLICY": "spread", "HOME": dir,
	}
	for name, value := range inputs {
		env["INPUT_"+strings.ToUpper(name)] = value
	}
	return newJob(t, c, dir, env, func(*testing.T) {})
}

// commitJob records an image in a repository of GitHub. However often the run is started again, that is done once.
func commitJob(t *testing.T, how string) job {
	c := cloud.Start(t)
	hub := github.Start(t, c)
	repository := hub.Repository("octo-org/shop", map[string]string{
		"deploy/app.yaml":           fmt.Sprintf(manifests, "shop"),
		"deploy/kustomization.yaml": "resources: [app.yaml]\nimages:\n- {name: registry/app, newTag: old}\n",
	})
	push := repository.Commit("main", "Sell more", map[string]string{"README.md": "Shop\n"})
	images := registry.Start(t, registry.Options{}).Host + "/app"
	pushApp(t, images+":v1")
	dir := t.TempDir()
	github.CheckOut(t, dir, repository, push)
	env := github.JobEnv(dir, repository, push)
	maps.Copy(env, hub.Env())
	maps.Copy(env, map[string]string{
		"GITHUB_RUN_ID": "7", "INPUT_COMMAND": "rewrite", "INPUT_KUSTOMIZATION": "deploy", "INPUT_COMMIT": how,
		"INPUT_IMAGES": "registry/app=" + images, "INPUT_TAG": "v1",
		"INPUT_GITHUB-TOKEN": hub.Issue(github.Token{Repository: repository.Name, Contents: true, PullRequests: true,
			App: true}),
	})
	want := []string{"main"}
	if how == "pull-request" {
		want = []string{"main", "multiarch-deploy/deploy"}
	}
	return newJob(t, c, filepath.Join(dir, "workspace"), env, func(t *testing.T) {
		t.Helper()
		head := repository.Head(want[len(want)-1])
		if got := repository.Branches(); !slices.Equal(got, want) || len(repository.Pulls()) != len(want)-1 {
			t.Errorf("branches %q, want %q, and %d pull requests", got, want, len(repository.Pulls()))
		} else if !slices.Equal(head.Parents, []string{push.After}) {
			t.Errorf("the commit is on top of %q, want %s alone", head.Parents, push.After)
		}
	})
}

func newJob(t *testing.T, c *cloud.Cloud, dir string, env map[string]string, done func(*testing.T)) job {
	t.Helper()
	j := job{dir: dir, env: c.Env(), done: done}
	maps.Copy(j.env, env)
	c.Put(func(hosts http.Handler) http.Handler {
		j.proxy = faults.Before(t, hosts)
		return j.proxy
	})
	return j
}

// as signs in to a registry of a cloud.
func as(c *cloud.Cloud, user, password string) []remote.Option {
	return []remote.Option{remote.WithTransport(c.Client().Transport),
		remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: user, Password: password}))}
}

// start starts the program, and returns what waits for it.
func (j job) start(t *testing.T) (*exec.Cmd, func() (int, string, time.Duration)) {
	t.Helper()
	var output bytes.Buffer
	cmd := exec.CommandContext(t.Context(), programs.Path(t))
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = j.dir, &output, &output, []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range j.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	began := time.Now()
	must(t, cmd.Start())
	return cmd, func() (int, string, time.Duration) {
		_ = cmd.Wait()
		return cmd.ProcessState.ExitCode(), output.String(), time.Since(began)
	}
}

// converges runs the job again, without a fault.
func (j job) converges(t *testing.T) {
	t.Helper()
	j.proxy.Set("", faults.None, nil)
	_, wait := j.start(t)
	if status, output, _ := wait(); status != 0 {
		t.Errorf("the run after it: status %d\n%s", status, output)
	}
	j.done(t)
}

// requestsOf are the names of a job's requests, when nothing goes wrong. Those by which the stand-ins read one
// another's keys are no requests of the job.
func requestsOf(t *testing.T, start func(*testing.T) job) []string {
	t.Helper()
	j := start(t)
	j.converges(t)
	if len(j.proxy.Seen()) < 4 {
		t.Fatalf("too few requests to be all: %v", j.proxy.Seen())
	}
	return slices.DeleteFunc(j.proxy.Seen(), func(name string) bool {
		return j.others != nil && j.others(name) || strings.HasSuffix(name, "/keys") || strings.HasSuffix(name, "/jwks")
	})
}

// Whatever happens to a request to a cloud or to GitHub: the run ends within the limits, well or with the status of a
// failure outside and the host's name, and the next run brings about what this one was for, once.
func TestBefore_at_every_request_to_a_service(t *testing.T) { each(t, jobs, strike) }

// Whenever such a run is interrupted, even killed: it ends soon, and the next run does what it was for, once.
func TestBefore_interrupted_at_every_request_to_a_service(t *testing.T) { each(t, jobs, interrupt) }

// strike has a fault, or each, happen to request number i of a job.
func strike(t *testing.T, start func(*testing.T) job, request string, i int) {
	t.Helper()
	for at, fault := range faults.All {
		if !*every && at != i%len(faults.All) {
			continue
		}
		t.Run(string(fault), func(t *testing.T) {
			j := start(t)
			j.proxy.Set(request, fault, nil)
			_, wait := j.start(t)
			status, output, took := wait()
			if took > most || !j.proxy.Met() {
				t.Errorf("it took %s, and met the fault: %t", took, j.proxy.Met())
			}
			_, url, _ := strings.Cut(request, " ")
			if host, _, _ := strings.Cut(url, "/"); status != 0 && (status != 3 || !strings.Contains(output, host)) {
				t.Errorf("status %d; want 0, or 3 and %s in:\n%s", status, host, output)
			}
			if line := libraryLog.FindString(output); line != "" {
				t.Errorf("a library's own log reached the user: %s", line)
			}
			j.converges(t)
		})
	}
}

// libraryLog is a line as client-go writes to its own log, by klog.
var libraryLog = regexp.MustCompile(`(?m)^[IWEF]\d{4} \d\d:.*`)

// interrupt sends a signal during request number i of a job.
func interrupt(t *testing.T, start func(*testing.T) job, request string, i int) {
	t.Helper()
	signal := signals[i%len(signals)]
	t.Run(signal.String(), func(t *testing.T) {
		j := start(t)
		began := make(chan *exec.Cmd, 1)
		j.proxy.Set(request, faults.Late, func() { _ = (<-began).Process.Signal(signal) })
		cmd, wait := j.start(t)
		began <- cmd
		status, output, took := wait()
		if took > most || !j.proxy.Met() {
			t.Errorf("it took %s, and met the signal: %t\n%s", took, j.proxy.Met(), output)
		}
		if signal != syscall.SIGKILL && status != 130 {
			t.Errorf("status %d, want 130\n%s", status, output)
		}
		j.converges(t)
	})
}

// each tries something at each request of each job, of which it gets the number.
func each(t *testing.T, jobs map[string]func(*testing.T) job,
	try func(t *testing.T, start func(*testing.T) job, request string, i int)) {
	t.Helper()
	for kind, start := range jobs {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for i, request := range requestsOf(t, start) {
				t.Run(request, func(t *testing.T) {
					t.Parallel()
					try(t, start, request, i)
				})
			}
		})
	}
}
