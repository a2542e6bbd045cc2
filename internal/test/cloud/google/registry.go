package google

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
)

// ArtifactRegistry serves an empty registry at a host such as europe-docker.pkg.dev. It hands its own tokens to those
// who sign in as oauth2accesstoken and have the role roles/artifactregistry.writer, or roles/artifactregistry.reader.
// https://docs.cloud.google.com/artifact-registry/docs/docker/authentication#token
func (g *Google) ArtifactRegistry(host string) {
	store := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/token", g.registryToken)
	mux.HandleFunc("/v2/", func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		claims, err := g.verify(token)
		member, _ := claims["member"].(string)
		switch reads := r.Method == http.MethodGet || r.Method == http.MethodHead; {
		case err != nil:
			w.Header().Set("WWW-Authenticate", `Bearer realm="https://`+host+`/v2/token",service="`+host+`"`)
			registryError("UNAUTHORIZED", "authentication failed", http.StatusUnauthorized).ServeHTTP(w, r)
		case !reads && !g.Has(member, Writer):
			g.denied("uploadArtifacts").ServeHTTP(w, r)
		default:
			store.ServeHTTP(w, r)
		}
	})
	g.Cloud.Handle(host, mux)
	g.Registries = append(g.Registries, host)
}

// registryToken hands out a token for the registry, which lives as long as the access token that was shown would.
func (g *Google) registryToken(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	claims, err := g.verify(password)
	member, _ := claims["member"].(string)
	switch {
	case user != "oauth2accesstoken" || err != nil:
		registryError("UNAUTHORIZED", "authentication failed", http.StatusUnauthorized).ServeHTTP(w, r)
	case !g.Has(member, Writer) && !g.Has(member, reader):
		g.denied("downloadArtifacts").ServeHTTP(w, r)
	default:
		token := g.Mint(member, g.Life)
		cloud.Answer(http.StatusOK, map[string]any{"token": token, "expires_in": int(g.Life.Seconds())}).ServeHTTP(w, r)
	}
}

// denied is the answer to a member who lacks a role in the repository.
func (g *Google) denied(permission string) http.Handler {
	return registryError("DENIED", fmt.Sprintf("Permission %q denied on resource %q (or it may not exist)",
		"artifactregistry.repositories."+permission,
		"projects/"+g.ProjectID+"/locations/europe/repositories/shop"), http.StatusForbidden)
}

// registryError is the error body of the distribution protocol.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
func registryError(code, message string, status int) http.Handler {
	return cloud.Answer(status, map[string]any{"errors": []map[string]string{{"code": code, "message": message}}})
}
