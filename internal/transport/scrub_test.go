package transport_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

func TestScrub_takes_credentials_out_of_refusals(t *testing.T) {
	const secret = `hunter"2/hunter+2`
	form := func(t *testing.T, method, address string) *http.Request {
		body := url.Values{"grant_type": {"client_credentials"}, "client_assertion": {secret}}.Encode()
		request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return request
	}
	tests := []struct {
		name   string
		status int
		set    func(*http.Request)
		leaks  bool
	}{
		{"bearer", 403, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) }, false},
		{"basic", 401, func(r *http.Request) { r.SetBasicAuth("admin", secret) }, false},
		{"form", 400, func(*http.Request) {}, false},
		{"an_answer_that_is_none_stays", 200, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) },
			true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			address := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, password, _ := r.BasicAuth()
				body, _ := io.ReadAll(r.Body)
				text := fmt.Sprintf("%q %s %s %s %s", secret, url.QueryEscape(secret), r.Header.Get("Authorization"), password,
					body)
				w.Header().Set("Warning", `299 - "`+r.Header.Get("Authorization")+`"`)
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, text)
			})
			request := form(t, http.MethodPost, address)
			test.set(request)
			response, err := (&http.Client{Transport: transport.Scrub(transport.New(limits()))}).Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if leaks := strings.Contains(string(body), "hunter"); leaks != test.leaks {
				t.Errorf("status %d: %s", response.StatusCode, body)
			}
			if strings.Contains(response.Header.Get("Warning"), "hunter") {
				t.Errorf("warning %s", response.Header.Get("Warning"))
			}
		})
	}
}

func TestScrub_keeps_how_a_refusal_ended(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer hunter2")
	response, err := (&http.Client{Transport: transport.Scrub(transport.New(limits()))}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err == nil || string(body) != "half" {
		t.Errorf("got %q, %v", body, err)
	}
}
