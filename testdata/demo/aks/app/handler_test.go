package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestHandler(t *testing.T) {
	inCluster := host{cpu: "arm64", pod: "app-multi-7d9f", node: "aks-arm64-0"}
	for _, test := range []struct {
		name, path, body string
		host             host
		status           int
	}{
		{"greets_outside_a_cluster", "/", "Hello! I run on amd64.\n", host{cpu: "amd64"}, 200},
		{"greets_with_pod_and_node", "/", "Hello! I run on arm64, in pod app-multi-7d9f, on node aks-arm64-0.\n", inCluster, 200},
		{"is_healthy", "/healthz", "ok\n", inCluster, 200},
		{"knows_no_other_path", "/admin", "404 page not found\n", inCluster, 404},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			handler(test.host).ServeHTTP(w, httptest.NewRequest(http.MethodGet, test.path, nil))
			if w.Code != test.status || w.Body.String() != test.body {
				t.Errorf("got %d %q, want %d %q", w.Code, w.Body, test.status, test.body)
			}
		})
	}
}

func TestServeStopsWhenToldTo(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := serve(ctx, "127.0.0.1:0", handler(host{})); err != nil {
		t.Errorf("a server told to stop ended with %v", err)
	}
}

func TestServeSaysThatItCannotListen(t *testing.T) {
	if err := serve(t.Context(), "no such address", handler(host{})); err == nil {
		t.Error("no error for an address that cannot be listened on")
	}
}
