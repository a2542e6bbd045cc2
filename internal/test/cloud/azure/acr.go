package azure

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
)

// NodePassword is the password of the user "nodes", a token of the registry that may pull.
// https://learn.microsoft.com/azure/container-registry/container-registry-token-based-repository-permissions
const NodePassword = "a-token-of-the-registry-for-nodes"

// registry is an Azure Container Registry: images, and the trade of Entra tokens for its own
// (https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md).
func (a *Azure) registry() http.Handler {
	issuer := cloud.NewIssuer(a.cloud, "Azure Container Registry")
	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth2/exchange", func(w http.ResponseWriter, r *http.Request) { a.exchange(w, r, issuer) })
	mux.HandleFunc("POST /oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		_, err := a.signed(issuer, r.PostFormValue("refresh_token"), "refresh_token")
		a.admit(w, r, issuer, err == nil && r.PostFormValue("grant_type") == "refresh_token" &&
			r.PostFormValue("service") == a.Registry, a.RegistryRole)
	})
	mux.HandleFunc("GET /oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		a.admit(w, r, issuer, user == "nodes" && password == NodePassword, "AcrPush")
	})
	mux.HandleFunc("/v2/", func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		claims, err := a.signed(issuer, token, "access_token")
		challenge := fmt.Sprintf(`Bearer realm="https://%s/oauth2/token",service="%s"`, a.Registry, a.Registry)
		switch reads := r.Method == http.MethodGet || r.Method == http.MethodHead; {
		case err != nil:
			w.Header().Set("WWW-Authenticate", challenge)
			unauthorized(w, r)
		case !reads && claims["role"] != "AcrPush":
			w.Header().Set("WWW-Authenticate", challenge+`,error="insufficient_scope"`)
			unauthorized(w, r)
		default:
			images.ServeHTTP(w, r)
		}
	})
	return mux
}

// exchange trades an Entra token for a refresh token of the registry.
func (a *Azure) exchange(w http.ResponseWriter, r *http.Request, issuer *cloud.Issuer) {
	err := a.authorize(r.Context(), "Bearer "+r.PostFormValue("access_token"), registryAudience)
	if err != nil || a.RegistryRole == "" || r.PostFormValue("grant_type") != "access_token" ||
		r.PostFormValue("service") != a.Registry || r.PostFormValue("tenant") != a.RegistryTenant {
		unauthorized(w, r)
		return
	}
	cloud.Answer(http.StatusOK, map[string]string{"refresh_token": a.sign(issuer, "refresh_token", a.RegistryRole,
		3*time.Hour)}).ServeHTTP(w, r)
}

// admit hands out an access token to who may have one.
func (a *Azure) admit(w http.ResponseWriter, r *http.Request, issuer *cloud.Issuer, may bool, role string) {
	if !may {
		unauthorized(w, r)
		return
	}
	access := map[string]string{"access_token": a.sign(issuer, "access_token", role, time.Hour)}
	cloud.Answer(http.StatusOK, access).ServeHTTP(w, r)
}

func (a *Azure) sign(issuer *cloud.Issuer, kind, role string, life time.Duration) string {
	return issuer.Sign(jwt.MapClaims{"iss": issuer.URL, "aud": a.Registry, "exp": time.Now().Add(life).Unix(),
		"grant_type": kind, "role": role})
}

// signed verifies a token of the registry's own, of a kind.
func (a *Azure) signed(issuer *cloud.Issuer, token, kind string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return issuer.Key(), nil },
		jwt.WithIssuer(issuer.URL), jwt.WithAudience(a.Registry), jwt.WithExpirationRequired())
	if err == nil && claims["grant_type"] != kind {
		err = fmt.Errorf("grant type %q", claims["grant_type"])
	}
	return claims, err
}

func unauthorized(w http.ResponseWriter, r *http.Request) {
	cloud.Answer(http.StatusUnauthorized, map[string]any{"errors": []any{map[string]any{
		"code": "UNAUTHORIZED", "message": "authentication required, visit https://aka.ms/acr/authorization for more " +
			"information.",
	}}}).ServeHTTP(w, r)
}
