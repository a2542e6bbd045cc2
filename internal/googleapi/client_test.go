package googleapi_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/container/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/googleapi"
)

// to sends every request to a server, whatever host it names.
type to string

func (t to) RoundTrip(request *http.Request) (*http.Response, error) {
	target, err := url.Parse(string(t))
	if err != nil {
		return nil, err
	}
	request = request.Clone(request.Context())
	request.URL.Scheme, request.URL.Host = target.Scheme, target.Host
	return http.DefaultTransport.RoundTrip(request)
}

// lookUp asks GKE, whose API is served by handler, about a cluster.
func lookUp(t *testing.T, handler http.HandlerFunc) error {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client := &googleapi.Client{Transport: to(server.URL),
		Complete: func(r *googleapi.Refusal) { r.Advice = "Ask for it." }}
	service, err := container.NewService(t.Context(), client.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = service.Projects.Locations.Clusters.Get("projects/p/locations/l/clusters/c").Context(t.Context()).Do()
	return client.Explain("looking up cluster c", "container.googleapis.com", err)
}

func TestExplain_makes_a_refusal_of_an_answer(t *testing.T) {
	err := lookUp(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"error": {"code": 403, "message": "API is off.", "status": "PERMISSION_DENIED", "details": [
			{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED", "metadata": {"service": "container.googleapis.com"}}]}}`)
	})
	want := &googleapi.Refusal{
		Doing: "looking up cluster c", Service: "container.googleapis.com", Status: 403, Reason: "SERVICE_DISABLED",
		Message: "API is off.", Metadata: map[string]string{"service": "container.googleapis.com"}, Advice: "Ask for it.",
	}
	var got *googleapi.Refusal
	if !errors.As(err, &got) {
		t.Fatalf("error %v is no refusal", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestClient_bounds_an_answer(t *testing.T) {
	err := lookUp(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"description": "`)
		for range 16 {
			_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
		}
		_, _ = io.WriteString(w, `"}`)
	})
	if err == nil || !strings.Contains(err.Error(), "the answer of container.googleapis.com is longer than 8 MiB") {
		t.Errorf("error %v", err)
	}
}

func TestClient_follows_no_redirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter,
		*http.Request) {
		t.Error("the other host was asked")
	}))
	defer elsewhere.Close()
	err := lookUp(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	if !googleapi.Refused(err, http.StatusTemporaryRedirect) {
		t.Errorf("error %v", err)
	}
}

// The library has a switch that prints all requests and answers, tokens included.
func TestClient_prints_nothing(t *testing.T) {
	t.Setenv("GOOGLE_SDK_GO_LOGGING_LEVEL", "debug")
	printed, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = write
	err = lookUp(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"description": "token"}`) })
	os.Stderr = stderr
	write.Close()
	if err != nil {
		t.Error(err)
	}
	if text, _ := io.ReadAll(printed); len(text) > 0 {
		t.Errorf("printed: %s", text)
	}
}
