package google_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/google"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	googletest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/google"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/golden"
)

// world is a cloud with a job that signs in to it.
type world struct {
	*cloudtest.Cloud
	google  *googletest.Google
	options google.Options
	job     federation.Job

	log  bytes.Buffer
	said []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	cloud := cloudtest.Start(t)
	w := &world{Cloud: cloud, google: googletest.New(cloud)}
	w.google.Cluster["endpoint"] = "203.0.113.7"
	w.google.Cluster["masterAuth"] = map[string]any{"clusterCaCertificate": "Q0E="}
	w.options = google.Options{Provider: w.google.Provider.Name, Cluster: w.google.ClusterName(), Endpoint: "auto"}
	env := cloud.Env()
	env["GITHUB_ACTIONS"] = "true"
	r := runner.New(&w.log, func(name string) string { return env[name] }).WithHTTP(cloud.Client())
	w.job = federation.Job{IDToken: r.IDToken, Mask: r.Mask, Say: w.say, HTTP: cloud.Client()}
	return w
}

func (w *world) say(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func TestCluster_tells_what_was_refused_and_what_to_do(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*world)
	}{
		{"no_such_provider", func(w *world) { w.google.Provider.Name += "-2" }},
		{"another_audience", func(w *world) { w.google.Provider.Audiences = []string{"octo"} }},
		{"another_issuer", func(w *world) { w.google.Provider.Issuer = "https://gitlab.com" }},
		{"condition_refuses", func(w *world) {
			w.google.Provider.Condition = map[string]string{"repository": "Octo-Org/octo-repo"}
		}},
		{"subject_too_long", func(w *world) { w.GitHub.Claims["sub"] = "repo:octo-org/" + strings.Repeat("o", 127) }},
		{"clock_wrong", func(w *world) { w.GitHub.Skew = -time.Hour }},
		{"sts_unreachable", func(w *world) { w.Handle("sts.googleapis.com", nil) }},
		{"no_workload_identity_user", func(w *world) {
			w.options.ServiceAccount = w.google.ServiceAccount
			w.google.Roles["roles/iam.workloadIdentityUser"] = nil
		}},
		{"no_such_service_account", func(w *world) { w.options.ServiceAccount = "deploi@octo-shop.iam.gserviceaccount.com" }},
		{"credentials_api_off", func(w *world) {
			w.options.ServiceAccount = w.google.ServiceAccount
			w.google.Disabled = []string{"iamcredentials.googleapis.com"}
		}},
		{"no_container_developer", func(w *world) { w.google.Roles["roles/container.developer"] = nil }},
		{"no_container_developer_for_the_account", func(w *world) {
			w.options.ServiceAccount = w.google.ServiceAccount
			w.google.Roles["roles/container.developer"] = nil
		}},
		{"container_api_off", func(w *world) { w.google.Disabled = []string{"container.googleapis.com"} }},
		{"no_such_cluster", func(w *world) {
			w.options.Cluster = strings.Replace(w.options.Cluster, "europe-west1", "europe-west2", 1)
		}},
		{"no_fleet", func(w *world) { w.options.Endpoint = "connect-gateway" }},
		{"no_gkehub_viewer", func(w *world) {
			w.options.Endpoint = "connect-gateway"
			join(w)
			w.google.Roles["roles/gkehub.viewer"] = nil
		}},
		{"dns_not_open", func(w *world) { w.options.Endpoint = "dns" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			test.change(w)
			_, err := google.New(w.options, w.job).Cluster(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			golden.Check(t, filepath.Join("testdata", test.name+".txt"),
				issued.ReplaceAllString(err.Error(), "issued at 1700000000")+"\n")
			for _, secret := range w.Secrets() {
				if strings.Contains(err.Error(), secret) {
					t.Error("the error holds a token")
				}
			}
		})
	}
}

// issued is the only part of a text that changes from run to run.
var issued = regexp.MustCompile(`issued at \d+`)

// join makes the cluster a member of a fleet.
func join(w *world) {
	name := "projects/octo-shop/locations/europe-west1/memberships/shop"
	w.google.Cluster["fleet"] = map[string]any{"membership": "//gkehub.googleapis.com/" + name}
	w.google.Membership = map[string]any{"name": name, "endpoint": map[string]any{
		"gkeCluster": map[string]any{"resourceLink": "//container.googleapis.com/" + w.google.ClusterName()},
	}}
}

func TestCluster_connect_gateway_takes_the_projects_number(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*world)
		want   string
	}{
		{"cluster_of_gke", func(*world) {}, "gkeMemberships"},
		{"membership_of_gke", func(w *world) { w.options.Cluster = w.google.Membership["name"].(string) }, "gkeMemberships"},
		{"membership_of_another_cluster", func(w *world) {
			w.options.Cluster = w.google.Membership["name"].(string)
			delete(w.google.Membership, "endpoint")
		}, "memberships"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.options.Endpoint = "connect-gateway"
			join(w)
			test.change(w)
			config, err := google.New(w.options, w.job).Cluster(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := "https://connectgateway.googleapis.com/v1/projects/123456789012/locations/europe-west1/" + test.want +
				"/shop"
			if config.Host != want || config.CAData != nil {
				t.Errorf("host %s with authority %q, want %s and the system's roots", config.Host, config.CAData, want)
			}
		})
	}
}

func TestCluster_waits_for_a_provider_made_a_moment_ago(t *testing.T) {
	w := newWorld(t)
	w.job.Patience = federation.Patience{For: 10 * time.Second, Every: time.Millisecond}
	w.google.Delay(2)
	if _, err := google.New(w.options, w.job).Cluster(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"Google Cloud refused the sign-in; what was set up a moment ago takes a while to be known " +
		"everywhere, so this is tried for 10s"}
	if diff := cmp.Diff(want, w.said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

func TestCluster_masks_every_token_and_asks_for_the_providers_audience(t *testing.T) {
	for _, account := range []string{"", "deploy@octo-shop.iam.gserviceaccount.com"} {
		t.Run("as_"+account, func(t *testing.T) {
			w := newWorld(t)
			w.options.ServiceAccount = account
			if _, err := google.New(w.options, w.job).Cluster(t.Context()); err != nil {
				t.Fatal(err)
			}
			var want string
			for _, secret := range w.Secrets()[1:] { // the first is what the runner gave the job to ask with, and masks itself
				want += "::add-mask::" + secret + "\n"
			}
			if diff := cmp.Diff(want, w.log.String()); diff != "" {
				t.Errorf("masked (-handed out +masked):\n%s", diff)
			}
			if audiences := []string{"https://iam.googleapis.com/" + w.options.Provider}; !slices.Equal(w.GitHub.Asked(),
				audiences) {
				t.Errorf("audiences %v, want %v", w.GitHub.Asked(), audiences)
			}
		})
	}
}
