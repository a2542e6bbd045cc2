package kustomize

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRemote_fetch_when_asked_for(t *testing.T) {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests++
		_, _ = w.Write([]byte(service))
	}))
	defer server.Close()
	folder(t, map[string]string{"kustomization.yaml": "resources:\n- " + server.URL + "/svc.yaml\n"})

	if _, err := Render(t.Context(), ".", Options{}); err == nil || requests != 0 {
		t.Errorf("by default: error %v, %d requests", err, requests)
	}
	result, err := Render(t.Context(), ".", Options{RemoteFetch: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []summary{{Name: "Service web", Source: Source{File: "kustomization.yaml", Line: 1}}}
	if diff := cmp.Diff(want, summarize(result.Objects)); diff != "" || requests == 0 {
		t.Errorf("asked for: %d requests, %s", requests, diff)
	}
}

// A server that never answers keeps nobody who has been interrupted.
func TestRender_ends_with_its_context(t *testing.T) {
	asked := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer server.Close()
	folder(t, map[string]string{"kustomization.yaml": "resources:\n- " + server.URL + "/svc.yaml\n"})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := Render(ctx, ".", Options{RemoteFetch: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
