package cloudtest

import (
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/registry"
)

// ArtifactRegistry serves an empty registry at a host such as europe-docker.pkg.dev. It hands its own tokens to those
// who sign in as oauth2accesstoken and have the role roles/artifactregistry.writer.
// https://docs.cloud.google.com/artifact-registry/docs/docker/authentication#token
func (g *Google) ArtifactRegistry(host string) {
	store := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/token", g.registryToken)
	mux.HandleFunc("/v2/", func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if _, err := g.verify(token); err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="https://`+host+`/v2/token",service="`+host+`"`)
			registryError("UNAUTHORIZED", "authentication failed", http.StatusUnauthorized).ServeHTTP(w, r)
			return
		}
		store.ServeHTTP(w, r)
	})
	g.cloud.Handle(host, mux)
	g.registries = append(g.registries, host)
}

// registryToken hands out a token for the registry, which lives as long as the access token that was shown would.
func (g *Google) registryToken(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	claims, err := g.verify(password)
	member, _ := claims["member"].(string)
	switch {
	case user != "oauth2accesstoken" || err != nil:
		registryError("UNAUTHORIZED", "authentication failed", http.StatusUnauthorized).ServeHTTP(w, r)
	case !g.has(member, writer):
		registryError("DENIED", `Permission "artifactregistry.repositories.downloadArtifacts" denied on resource "projects/`+g.ProjectID+
			`/locations/europe/repositories/shop" (or it may not exist)`, http.StatusForbidden).ServeHTTP(w, r)
	default:
		token := g.mint(member, g.Life)
		answer(http.StatusOK, map[string]any{"token": token, "expires_in": int(g.Life.Seconds())}).ServeHTTP(w, r)
	}
}

// registryError is the error body of the distribution protocol.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
func registryError(code, message string, status int) http.Handler {
	return answer(status, map[string]any{"errors": []map[string]string{{"code": code, "message": message}}})
}
