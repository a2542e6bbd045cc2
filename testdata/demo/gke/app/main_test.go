package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestSpitPrintsEnvironmentSorted(t *testing.T) {
	w := httptest.NewRecorder()
	spit("arm64", []string{"PORT=80", "HOSTNAME=envspitter-5d7"}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	const want = "envspitter on arm64\n\nHOSTNAME=envspitter-5d7\nPORT=80\n"
	if got := w.Body.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestServeStopsWhenToldTo(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := serve(ctx, "127.0.0.1:0", spit("arm64", nil)); err != nil {
		t.Errorf("a server told to stop ended with %v", err)
	}
}
