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
)

// reached is a run that gets as far as a host: as AKS's job, as GKE's, or as one that commits.
type reached struct {
	name, host string
	inputs     func(*cloudtest.Azure, *cloudtest.Google) map[string]string
}

// hosts are all that a run sends credentials to before it reaches a cluster.
func hosts() []reached {
	aks := func(azure *cloudtest.Azure, _ *cloudtest.Google) map[string]string { return aksInputs(azure, "shop") }
	gke := func(_ *cloudtest.Azure, google *cloudtest.Google) map[string]string {
		return gkeInputs(google, "shop", nil)
	}
	account := func(_ *cloudtest.Azure, google *cloudtest.Google) map[string]string {
		return gkeInputs(google, "shop", map[string]string{"gcp-service-account": google.ServiceAccount})
	}
	commit := func(*cloudtest.Azure, *cloudtest.Google) map[string]string {
		return map[string]string{
			"command": "rewrite", "images": "registry/app=registry.example.com/app", "commit": "commit", "github-token": "hunter2hunter2",
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
	azure, google := cloudtest.NewAzure(cloud), cloudtest.NewGoogle(cloud)
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
	for _, row := range hosts() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			status, log := row.attack(t, cloudtest.Start(t), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, `{"value": "`)
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			})
			if took := time.Since(began); status != 3 || took > time.Minute {
				t.Errorf("status %d after %s, want 3 within a minute", status, took)
			}
			if want := row.host + ": nothing received for 10s, after "; !strings.Contains(log, want) {
				t.Errorf("want %q in the log", want)
			}
		})
	}
}

// TestHosts_that_redirect lead no request with its credentials to another host, be they in a header or in the body.
func TestHosts_that_redirect(t *testing.T) {
	for _, row := range hosts() {
		for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
			t.Run(fmt.Sprintf("%s_%d", row.name, status), func(t *testing.T) {
				t.Parallel()
				cloud := cloudtest.Start(t)
				var mu sync.Mutex
				var seen []string
				// A name below the first one: net/http keeps the header Authorization for such.
				other := "evil." + row.host
				cloud.Handle(other, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					mu.Lock()
					defer mu.Unlock()
					seen = append(seen, fmt.Sprintf("%s %s %s", r.Method, r.Header.Get("Authorization"), body))
				}))
				got, _ := row.attack(t, cloud, func(w http.ResponseWriter, r *http.Request) {
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
