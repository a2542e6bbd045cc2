package apply_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply"
	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

func TestCluster_out_of_reach(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	stranger := rest.AnonymousClientConfig(server(t))
	stranger.BearerToken = "not-a-token"

	for _, test := range []struct {
		name string
		cfg  *rest.Config
		want string
	}{
		{"nothing_listens", &rest.Config{Host: closed.URL}, "nothing listens there: check the server address in the " +
			"kubeconfig and that the cluster runs"},
		{"a_server_that_hangs", &rest.Config{Host: "http://" + silent.Addr().String(), Timeout: 300 * time.Millisecond},
			"check the server address in the kubeconfig, and that this machine can reach it (private clusters need a way in)"},
		{"credentials_that_are_not_known", stranger, "the credentials are missing, wrong or have expired: sign in again"},
	} {
		t.Run(test.name, func(t *testing.T) {
			set, findings, err := applier(t, test.cfg).Apply(t.Context(), manifests(t, maps("a")), apply.DefaultOptions())
			same(t, 0, len(set)+len(findings))
			if err == nil || !strings.HasSuffix(err.Error(), "; "+test.want) ||
				!strings.Contains(err.Error(), "API server "+test.cfg.Host) {
				t.Errorf("error %q does not name the server %s and say %q", err, test.cfg.Host, test.want)
			}
		})
	}
}

// between returns the config of a proxy before the cluster in which fault may answer instead: it returns true if it
// did.
func between(t *testing.T, fault func(http.ResponseWriter, *http.Request) bool) *rest.Config {
	t.Helper()
	through := forward(t, server(t))
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !fault(w, r) {
			through.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(proxy.Close)
	return &rest.Config{Host: proxy.URL}
}

// forward passes requests on to the cluster.
func forward(t *testing.T, cfg *rest.Config) http.Handler {
	t.Helper()
	transport, err := rest.TransportFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(cfg.Host)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.Transport = transport
	return proxy
}

func TestFaults_that_pass(t *testing.T) {
	opts := in(t, "faults-pass")
	for _, test := range []struct {
		name string
		with func(w http.ResponseWriter)
	}{
		{"server_error", func(w http.ResponseWriter) { http.Error(w, "no leader", http.StatusServiceUnavailable) }},
		{"too_many_requests", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "0")
			http.Error(w, "slow down", http.StatusTooManyRequests)
		}},
		{"connection_reset", func(w http.ResponseWriter) { panic(http.ErrAbortHandler) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			var patches atomic.Int32
			cfg := between(t, func(w http.ResponseWriter, r *http.Request) bool {
				broken := r.Method == http.MethodPatch && patches.Add(1)%2 == 1
				if broken {
					test.with(w)
				}
				return broken
			})
			name := strings.ReplaceAll(test.name, "_", "-")
			set, findings := refused(t, cfg, maps(name), opts)
			same(t, 0, len(findings))
			same(t, []string{"created v1 ConfigMap faults-pass/" + name}, told(set))
		})
	}
}

func TestFault_that_stays_ends_the_run(t *testing.T) {
	opts := in(t, "fault-stays")
	opts.Concurrency = 1
	cfg := between(t, func(w http.ResponseWriter, r *http.Request) bool {
		broken := r.Method == http.MethodPatch && !r.URL.Query().Has("dryRun") && strings.Contains(r.URL.Path, "/b")
		if broken {
			http.Error(w, "no leader", http.StatusServiceUnavailable)
		}
		return broken
	})
	set, findings, err := applier(t, cfg).Apply(t.Context(), manifests(t, maps("a", "b", "c")), opts)
	same(t, 0, len(findings))
	same(t, []string{"created v1 ConfigMap fault-stays/a"}, told(set))
	if err == nil || !strings.HasPrefix(err.Error(), "ConfigMap fault-stays/b: API server "+cfg.Host) ||
		!strings.HasSuffix(err.Error(), "try again later") {
		t.Errorf("error %v does not name the object, the server and what to do", err)
	}
}

func TestInterrupt(t *testing.T) {
	opts := in(t, "interrupt")
	opts.Concurrency = 1
	ctx, interrupt := context.WithCancel(t.Context())
	opts.Progress = func(e progress.Event) {
		if s, ok := e.(progress.Status); ok && strings.HasPrefix(s.Text, "applied 2 ") {
			interrupt()
		}
	}
	set, findings, err := applier(t, server(t)).Apply(ctx, manifests(t, maps("a", "b", "c", "d")), opts)
	same(t, 0, len(findings))
	same(t, []string{"created v1 ConfigMap interrupt/a", "created v1 ConfigMap interrupt/b"}, told(set))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v is not the context's", err)
	}
	same(t, true, live(t, "configmaps.v1.", "interrupt", "c") == nil)
}

// What is under way at the interrupt is waited for: it has happened, and must be known to be taken back.
func TestInterrupt_in_mid_request(t *testing.T) {
	opts := in(t, "interrupt-mid")
	ctx, interrupt := context.WithCancel(t.Context())
	cfg := between(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch && !r.URL.Query().Has("dryRun") {
			interrupt()
			time.Sleep(50 * time.Millisecond)
		}
		return false
	})
	set, _, err := applier(t, cfg).Apply(ctx, manifests(t, maps("a")+"\n---\n"+web("1", "hi")), opts)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v is not the context's", err)
	}
	for _, c := range set {
		same(t, change.Created, c.Action)
	}
	if len(set) == 0 || len(set) > 3 {
		t.Errorf("changes %v, want those of the stage that was under way", told(set))
	}
	same(t, true, live(t, "deployments.v1.apps", "interrupt-mid", "web") == nil)
}
