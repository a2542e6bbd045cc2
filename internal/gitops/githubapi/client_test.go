package githubapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// answers gives the same answer to the first request, and then 200.
type answers struct {
	status           int
	retryAfter, body string
	asked            int
}

func (a *answers) RoundTrip(*http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if a.asked++; a.asked == 1 {
		if a.retryAfter != "" {
			w.Header().Set("Retry-After", a.retryAfter)
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}
	return w.Result(), nil
}

func TestRetrying_waits_as_long_as_GitHub_asks_for(t *testing.T) {
	tests := []struct {
		name        string
		answers     answers
		least, most time.Duration
		want        int // the status in the end
	}{
		{"bad_gateway", answers{status: 502}, 500 * time.Millisecond, time.Second, 200},
		{"unavailable_for_a_while", answers{status: 503, retryAfter: "5"}, 5 * time.Second, 6 * time.Second, 200},
		{"secondary_limit_with_a_time", answers{status: 403, retryAfter: "30"}, 30 * time.Second, 31 * time.Second, 200},
		{"secondary_limit_without", answers{status: 403, body: "You have exceeded a secondary rate limit."}, time.Minute,
			61 * time.Second, 200},
		{"secondary_limit_as_429", answers{status: 429, body: "You have exceeded a secondary rate limit."}, time.Minute,
			61 * time.Second, 200},
		{"too_many_requests", answers{status: 429, retryAfter: "2"}, 2 * time.Second, 3 * time.Second, 200},
		{"forbidden", answers{status: 403, body: "Resource not accessible by integration"}, 0, 0, 403},
		{"not_found", answers{status: 404}, 0, 0, 404},
		{"fine", answers{status: 200}, 0, 0, 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.github.com/graphql", nil)
				if err != nil {
					t.Fatal(err)
				}
				response, err := retrying(&test.answers).RoundTrip(request)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				if response.StatusCode != test.want || err != nil || test.want != 200 && string(body) != test.answers.body {
					t.Errorf("status %d, body %q, %v; want %d", response.StatusCode, body, err, test.want)
				}
				if took := time.Since(began); took < test.least || took > test.most {
					t.Errorf("it took %s, want %s to %s", took, test.least, test.most)
				}
			})
		})
	}
}

// go-github adds the token below net/http, which therefore can't leave it out for another host.
func TestClient_takes_the_token_to_no_other_host(t *testing.T) {
	var token atomic.Value
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter,
		r *http.Request) {
		token.Store(r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	github := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}))
	defer github.Close()
	client, err := newClient(Server{API: github.URL + "/", Token: "hunter2", Transport: http.DefaultTransport})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = client.Repositories.Get(t.Context(), "octo-org", "shop")
	if err == nil || token.Load() != nil {
		t.Errorf("error %v; the other host got %v", err, token.Load())
	}
}
