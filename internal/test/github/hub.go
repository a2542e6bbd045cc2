// Package github serves a stand-in of GitHub's API to tests, under its own name and over TLS: repositories with a
// history as git has it, pull requests, and tokens that may do some things and not others. It checks what GitHub
// checks, and refuses with GitHub's own error bodies.
package github

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"testing"

	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
)

// Hub is GitHub, or a GitHub Enterprise Server.
type Hub struct {
	cloud *cloudtest.Cloud
	// host is where pages are, api and graphql the addresses of the APIs.
	host, api, graphql string

	mu           sync.Mutex
	tokens       map[string]Token
	repositories map[string]*Repository
	interludes   []interlude
	requests     []string
}

// Token is what a token may do.
type Token struct {
	// Repository is the only one that it sees.
	Repository string
	// Contents and PullRequests say whether they may be written; all may be read.
	Contents, PullRequests bool
	// App: the token is of a GitHub App; otherwise it is a job's own, whose pushes start no workflow.
	App bool
}

// Start serves github.com's API.
func Start(t testing.TB, cloud *cloudtest.Cloud) *Hub {
	t.Helper()
	return newHub(cloud, "github.com", "https://api.github.com", "https://api.github.com/graphql")
}

// StartServer serves the API of a GitHub Enterprise Server.
func StartServer(t testing.TB, cloud *cloudtest.Cloud, host string) *Hub {
	t.Helper()
	return newHub(cloud, host, "https://"+host+"/api/v3", "https://"+host+"/api/graphql")
}

func newHub(cloud *cloudtest.Cloud, host, api, graphql string) *Hub {
	h := &Hub{cloud: cloud, host: host, api: api, graphql: graphql, tokens: map[string]Token{},
		repositories: map[string]*Repository{}}
	name, prefix, _ := strings.Cut(strings.TrimPrefix(api, "https://"), "/")
	if prefix != "" {
		prefix = "/" + prefix
	}
	_, query, _ := strings.Cut(strings.TrimPrefix(graphql, "https://"), "/")
	mux := http.NewServeMux()
	mux.Handle("POST /"+query, h.asked(h.mutate))
	mux.Handle(prefix+"/repos/", http.StripPrefix(prefix, h.rest()))
	cloud.Handle(name, mux)
	return h
}

// Env returns the variables by which a runner names this GitHub.
func (h *Hub) Env() map[string]string {
	return map[string]string{"GITHUB_SERVER_URL": "https://" + h.host, "GITHUB_API_URL": h.api,
		"GITHUB_GRAPHQL_URL": h.graphql}
}

// Repository makes a repository with one commit on main.
func (h *Hub) Repository(name string, files map[string]string) *Repository {
	r := &Repository{
		Name: name, ActionsMayOpen: true, Protected: map[string]Protection{},
		page: "https://" + h.host + "/" + name, commits: map[string]*Commit{}, refs: map[string]string{},
	}
	r.Commit("main", "Start", files)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.repositories[name] = r
	return r
}

// Issue hands out a token.
func (h *Hub) Issue(may Token) string {
	value := "ghs_" + rand.Text()
	h.cloud.Secret(value)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tokens[value] = may
	return value
}

// asked checks the token of a request.
func (h *Hub) asked(next func(http.ResponseWriter, *http.Request, Token)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		h.mu.Lock()
		token, known := h.tokens[value]
		h.mu.Unlock()
		if !known {
			refuse(w, http.StatusUnauthorized, "Bad credentials")
			return
		}
		next(w, r, token)
	})
}

// seen is the repository of a name, where the token sees it.
func (h *Hub) seen(name string, token Token) *Repository {
	h.mu.Lock()
	defer h.mu.Unlock()
	if name != token.Repository {
		return nil
	}
	return h.repositories[name]
}
