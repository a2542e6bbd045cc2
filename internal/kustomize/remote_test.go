package kustomize

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRemote_fetch_when_asked_for(t *testing.T) {
	requests := 0
	server := secureServer(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		_, _ = w.Write([]byte(service))
	})
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

// An address of https that leads to plain HTTP is none of https.
func TestRender_is_not_led_to_plain_HTTP(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.Error("the server was asked")
		_, _ = w.Write([]byte(service))
	}))
	defer plain.Close()
	server := secureServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL+"/svc.yaml", http.StatusFound)
	})
	folder(t, map[string]string{"kustomization.yaml": "resources:\n- " + server.URL + "/svc.yaml\n"})
	_, err := Render(t.Context(), ".", Options{RemoteFetch: true})
	if err == nil || !strings.Contains(err.Error(), plain.URL+"/svc.yaml is fetched over plain HTTP") {
		t.Errorf("got %v", err)
	}
}

// secureServer is a server whose certificate a child of this process trusts.
func secureServer(t *testing.T, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(answer)
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "server.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(path, block, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", path)
	return server
}

// A server that never answers keeps nobody who has been interrupted.
func TestRender_ends_with_its_context(t *testing.T) {
	asked := make(chan struct{}, 10)
	server := secureServer(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	})
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
