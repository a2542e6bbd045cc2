package cloud_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	azuretest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/azure"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
)

// reached is a run that gets as far as a host: as AKS's job, as GKE's, or as one that commits.
type reached struct {
	name, host string
	inputs     func(*azuretest.Azure, *googletest.Google) map[string]string
}

// hosts are all that a run sends credentials to before it reaches a cluster.
func hosts() []reached {
	aks := func(azure *azuretest.Azure, _ *googletest.Google) map[string]string { return aksInputs(azure, "shop") }
	gke := func(_ *azuretest.Azure, google *googletest.Google) map[string]string {
		return gkeInputs(google, "shop", nil)
	}
	account := func(_ *azuretest.Azure, google *googletest.Google) map[string]string {
		return gkeInputs(google, "shop", map[string]string{"gcp-service-account": google.ServiceAccount})
	}
	commit := func(*azuretest.Azure, *googletest.Google) map[string]string {
		return map[string]string{
			"command": "rewrite", "images": "registry/app=registry.example.com/app", "commit": "commit",
			"github-token": "hunter2hunter2",
		}
	}
	return []reached{
		{"github_oidc", "pipelines.actions.githubusercontent.com", gke},
		{"google_sts", "sts.googleapis.com", gke},
		{"google_credentials", "iamcredentials.googleapis.com", account},
		{"gke_api", "container.googleapis.com", gke},
		{"entra", "login.microsoftonline.com", aks},
		{"azure_resource_manager", "management.azure.com", aks},
		{"github_api", "api.github.com", commit},
	}
}

// attack runs the program while handler serves the host in its owner's place.
func (r reached) attack(t *testing.T, cloud *cloudtest.Cloud, handler http.HandlerFunc) (int, string) {
	t.Helper()
	azure, google := azuretest.New(cloud), googletest.New(cloud)
	cloud.Handle(r.host, handler)
	j := newJob(t, cloud)
	j.vars = map[string]string{"GITHUB_REF": "refs/heads/main", "GITHUB_RUN_ID": "7"}
	j.write(t, "kustomization.yaml", "resources: [app.yaml]\n")
	j.write(t, "app.yaml", manifests)
	inputs := r.inputs(azure, google)
	args := []string{"plan"}
	if inputs["command"] != "" {
		args = nil
	}
	inputs = maps.Clone(inputs)
	return j.attempt(t, inputs, args...)
}

// TestHosts_that_stall_in_an_answer end the run by the table of time-outs, with the host's name.
func TestHosts_that_stall_in_an_answer(t *testing.T) {
	for _, test := range hosts() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			status, log := test.attack(t, cloudtest.Start(t), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, `{"value": "`)
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			})
			if took := time.Since(began); status != 3 || took > 5*time.Minute { // its time-outs make up 40 s
				t.Errorf("status %d after %s, want 3 within minutes", status, took)
			}
			if want := test.host + ": nothing received for 10s, after "; !strings.Contains(log, want) {
				t.Errorf("want %q in the log", want)
			}
		})
	}
}

// TestHosts_that_redirect lead no request with its credentials to another host, be they in a header or in the body.
func TestHosts_that_redirect(t *testing.T) {
	for _, test := range hosts() {
		for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
			t.Run(fmt.Sprintf("%s_%d", test.name, status), func(t *testing.T) {
				t.Parallel()
				cloud := cloudtest.Start(t)
				var mu sync.Mutex
				var seen []string
				// A name below the first one: net/http keeps the header Authorization for such.
				other := "evil." + test.host
				cloud.Handle(other, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					mu.Lock()
					defer mu.Unlock()
					seen = append(seen, fmt.Sprintf("%s %s %s", r.Method, r.Header.Get("Authorization"), body))
				}))
				got, _ := test.attack(t, cloud, func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, "https://"+other+"/", status)
				})
				if got != 3 {
					t.Errorf("status %d, want 3", got)
				}
				if len(seen) > 0 {
					t.Errorf("the other host got %.200q", seen)
				}
			})
		}
	}
}

// TestCluster_that_echoes_credentials shows them to nobody: not in the log, the report, the summary or the outputs.
func TestCluster_that_echoes_credentials(t *testing.T) {
	t.Parallel()
	cloud := cloudtest.Start(t)
	google := googletest.New(cloud)
	google.ArtifactRegistry(artifacts)
	pushSample(t, artifacts+"/octo-shop/shop/app:v1", as(cloud, "oauth2accesstoken", google.NodeToken())...)
	cloud.Handle("cluster.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Warning", fmt.Sprintf("299 - %q", r.Header.Get("Authorization")))
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "reason": "Forbidden",
			"message": "You sent %s, %s."}`, r.Header.Get("Authorization"), password)
	}))
	for _, test := range []struct{ name, server, user string }{
		{"token", "https://cluster.example.com", "{token: hunter2hunter2}"},
		{"password", "https://cluster.example.com", "{username: admin, password: hunter2hunter2}"},
		{"password_in_the_address", "https://admin:hunter2hunter2@cluster.example.com", "{}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := newJob(t, cloud)
			j.write(t, "kustomization.yaml", "resources: [app.yaml]\n")
			j.write(t, "app.yaml", manifests)
			inputs := gkeInputs(google, "shop", map[string]string{"provider": "kubeconfig", "cluster": "", "location": "",
				"gcp-project-id": "",
				"kubeconfig": "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, " +
					"user: u}}],\n" +
					"clusters: [{name: c, cluster: {server: '" + test.server + "'}}], users: [{name: u, user: " + test.user + "}]}\n"})
			status, log := j.attempt(t, inputs, "plan")
			if status != 3 || !strings.Contains(log, "You sent ") {
				t.Errorf("status %d, want 3 and what the cluster says", status)
			}
			if text := j.texts(t, log); strings.Contains(text, "hunter2") {
				t.Errorf("the password is shown:\n%s", text)
			}
		})
	}
}

// texts are all that a run shows or leaves behind: the log, the report, the summary and the outputs.
func (j *job) texts(t *testing.T, log string) string {
	t.Helper()
	left, text := files(t, j.dir), asShown(log)
	for _, name := range []string{"output", "summary", "workspace/multiarch-deploy-report.json"} {
		text += left[name]
	}
	return text
}
