package main

import (
	"fmt"
	"net/http"
	"strings"
)

// host is where this process runs. pod and node are empty outside a cluster.
type host struct{ cpu, pod, node string }

// handler greets at / and answers health checks at /healthz.
func handler(h host) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, h.greeting()) })
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	return mux
}

// greeting is "Hello! I run on arm64, in pod app-multi-7d9f, on node aks-arm64-0."
func (h host) greeting() string {
	words := []string{"Hello! I run on " + h.cpu}
	if h.pod != "" {
		words = append(words, "in pod "+h.pod)
	}
	if h.node != "" {
		words = append(words, "on node "+h.node)
	}
	return strings.Join(words, ", ") + "."
}
