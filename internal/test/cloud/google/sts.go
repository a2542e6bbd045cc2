package google

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
)

// Principal is how IAM names a subject of the pool.
func (g *Google) Principal(subject string) string {
	pool, _, _ := strings.Cut(g.Provider.Name, "/providers/")
	return "principal://iam.googleapis.com/" + pool + "/subject/" + subject
}

// exchange is the Security Token Service.
// https://docs.cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
func (g *Google) exchange(w http.ResponseWriter, r *http.Request) {
	subject, refusal := g.admit(r)
	if refusal != nil {
		refusal.ServeHTTP(w, r)
		return
	}
	g.minted.Add(1)
	cloud.Answer(http.StatusOK, map[string]any{
		"access_token":      g.Mint(g.Principal(subject), g.Life),
		"issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
		"token_type":        "Bearer",
		"expires_in":        int(g.Life.Seconds()),
	}).ServeHTTP(w, r)
}

// admit returns the subject that a request's ID token maps to.
func (g *Google) admit(r *http.Request) (string, http.Handler) {
	for field, want := range map[string]string{
		"grant_type":           "urn:ietf:params:oauth:grant-type:token-exchange",
		"requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
		"subject_token_type":   "urn:ietf:params:oauth:token-type:jwt",
		"scope":                cloudPlatform,
	} {
		if r.PostFormValue(field) != want {
			return "", stsError("invalid_request", fmt.Sprintf("Invalid value for %q.", field))
		}
	}
	if g.delay.Add(-1) >= 0 || r.PostFormValue("audience") != "//iam.googleapis.com/"+g.Provider.Name {
		return "", stsError("invalid_target", `The target service indicated by the "audience" parameters is invalid. `+
			`This might either be because the pool or provider is disabled or deleted or because it doesn't exist.`)
	}
	return g.trust(r)
}

// trust verifies the ID token as the provider says.
func (g *Google) trust(r *http.Request) (string, http.Handler) {
	token := r.PostFormValue("subject_token")
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, claims); err != nil {
		return "", stsError("invalid_request", `Unable to parse the ID Token.`)
	}
	if claims["iss"] != g.Provider.Issuer {
		return "", stsError("invalid_grant", fmt.Sprintf("The issuer in ID Token %v does not match the expected ones: [%s].",
			claims["iss"], g.Provider.Issuer))
	}
	if issued, err := claims.GetExpirationTime(); err != nil || issued.Before(time.Now()) {
		return "", stsError("invalid_grant", fmt.Sprintf("ID Token issued at %.0f is stale to sign-in.", claims["iat"]))
	}
	if _, err := g.Cloud.Verify(r.Context(), g.Provider.Issuer, token); err != nil {
		return "", stsError("invalid_grant", "The signature of the ID Token could not be verified.")
	}
	return g.match(claims)
}

// match compares the claims of a genuine token with what the provider accepts.
func (g *Google) match(claims jwt.MapClaims) (string, http.Handler) {
	accepted := g.Provider.Audiences
	if len(accepted) == 0 {
		accepted = []string{"https://iam.googleapis.com/" + g.Provider.Name}
	}
	audience, subject := fmt.Sprint(claims["aud"]), fmt.Sprint(claims["sub"])
	if !slices.Contains(accepted, audience) {
		return "", stsError("invalid_grant",
			fmt.Sprintf("The audience in ID Token [%s] does not match the expected audience.", audience))
	}
	if len(subject) > 127 {
		return "", stsError("invalid_grant", "The size of mapped attribute google.subject exceeds the 127 bytes limit. "+
			"Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than "+
			"127 bytes.")
	}
	for claim, want := range g.Provider.Condition {
		if got := fmt.Sprint(claims[claim]); got != want {
			return "", stsError("unauthorized_client", "The given credential is rejected by the attribute condition.")
		}
	}
	return subject, nil
}

// stsError is the Security Token Service's error body. The texts of invalid_target, of the attribute condition and of
// stale tokens are those that users report; the others are written after them.
func stsError(code, description string) http.Handler {
	return cloud.Answer(http.StatusBadRequest, map[string]string{"error": code, "error_description": description})
}
