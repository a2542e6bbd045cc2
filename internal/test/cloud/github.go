package cloud

import (
	"crypto/rand"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The hosts of GitHub's OIDC provider.
const (
	githubIssuer  = "token.actions.githubusercontent.com"
	githubRuntime = "pipelines.actions.githubusercontent.com"
)

// GitHub is the OIDC provider of a job. Change its fields before the job asks.
type GitHub struct {
	// Claims go into each token, besides those of its times and its audience.
	// https://docs.github.com/actions/reference/security/oidc#oidc-token-claims
	Claims jwt.MapClaims
	// Life is how long tokens live.
	Life time.Duration
	// Skew shifts the times of the tokens, as a wrong clock does.
	Skew time.Duration
	// Issuer signs the tokens.
	Issuer *Issuer

	bearer string
	mu     sync.Mutex
	asked  []string
}

func newGitHub(cloud *Cloud) *GitHub {
	g := &GitHub{
		Claims: jwt.MapClaims{
			"sub":        "repo:octo-org/octo-repo:environment:production",
			"repository": "octo-org/octo-repo", "repository_id": "74", "repository_owner": "octo-org",
			"repository_owner_id": "65",
			"ref":                 "refs/heads/main", "environment": "production", "actor": "octocat", "event_name": "push",
		},
		Life:   5 * time.Minute,
		Issuer: NewIssuer(cloud, "https://"+githubIssuer),
		bearer: rand.Text(),
	}
	cloud.Secret(g.bearer)
	mux := http.NewServeMux()
	mux.Handle("/.well-known/openid-configuration", g.Issuer.Discovery(g.Issuer.URL+"/.well-known/jwks"))
	mux.Handle("/.well-known/jwks", g.Issuer.Keys())
	cloud.Handle(githubIssuer, mux)
	cloud.Handle(githubRuntime, http.HandlerFunc(g.token))
	return g
}

// Env returns the variables of a job with id-token: write.
func (g *GitHub) Env() map[string]string {
	return map[string]string{
		"ACTIONS_ID_TOKEN_REQUEST_URL":   "https://" + githubRuntime + "/run/idtoken?api-version=2.0",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": g.bearer,
	}
}

// Asked are the audiences of all tokens so far.
func (g *GitHub) Asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.asked...)
}

// token mints a token for a job.
func (g *GitHub) token(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+g.bearer {
		Answer(http.StatusUnauthorized, map[string]string{"message": "Unauthorized"}).ServeHTTP(w, r)
		return
	}
	audience := r.URL.Query().Get("audience")
	if audience == "" {
		audience = "https://github.com/octo-org"
	}
	g.mu.Lock()
	g.asked = append(g.asked, audience)
	g.mu.Unlock()
	now := time.Now().Add(g.Skew)
	claims := maps.Clone(g.Claims)
	maps.Copy(claims, jwt.MapClaims{
		"iss": g.Issuer.URL, "aud": audience, "jti": rand.Text(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(g.Life).Unix(),
	})
	Answer(http.StatusOK, map[string]any{"count": 1, "value": g.Issuer.Sign(claims)}).ServeHTTP(w, r)
}
