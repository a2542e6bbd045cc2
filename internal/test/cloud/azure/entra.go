package azure

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
)

// entra is Microsoft Entra's token endpoint and metadata, for every tenant there is: one
// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#third-case-access-token-request-with-a-federated-credential).
func (a *Azure) entra() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		if tenant := r.PathValue("tenant"); tenant != a.TenantID {
			unknownTenant(tenant).write(w)
			return
		}
		base := "https://" + r.Host + "/" + a.TenantID
		cloud.Answer(http.StatusOK, map[string]string{
			"issuer":                 base + "/v2.0",
			"authorization_endpoint": base + "/oauth2/v2.0/authorize",
			"token_endpoint":         base + "/oauth2/v2.0/token",
			"jwks_uri":               base + "/discovery/v2.0/keys",
		}).ServeHTTP(w, r)
	})
	mux.Handle("GET /{tenant}/discovery/v2.0/keys", a.Issuer.Keys())
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", a.token)
	return mux
}

// token trades a job's ID token for an access token.
func (a *Azure) token(w http.ResponseWriter, r *http.Request) {
	if refusal := a.refuse(r); refusal != nil {
		refusal.write(w)
		return
	}
	audience := strings.TrimSuffix(strings.Fields(r.PostFormValue("scope"))[0], "/.default")
	if code := a.Refusals[audience]; code != 0 {
		a.refuseService(code, audience).write(w)
		return
	}
	a.minted.Add(audience)
	told := int(cmp.Or(a.Told, a.Life).Seconds())
	cloud.Answer(http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": told, "ext_expires_in": told,
		"access_token": a.accessToken(audience),
	}).ServeHTTP(w, r)
}

// accessToken has the claims of version 1.0, which AKS, Azure Resource Manager and the registries take
// (https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference).
func (a *Azure) accessToken(audience string) string {
	now := time.Now()
	return a.Issuer.Sign(jwt.MapClaims{
		"iss": a.Issuer.URL, "aud": audience, "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(a.Life).Unix(),
		"appid": a.ClientID, "oid": a.ObjectID, "sub": a.ObjectID, "tid": a.TenantID, "idtyp": "app", "ver": "1.0",
		"uti": rand.Text(),
	})
}

// refuse checks a request as Entra does: tenant, client, the assertion's signature and times, and whether a federated
// credential of the application says what it says.
func (a *Azure) refuse(r *http.Request) *entraRefusal {
	if r.PathValue("tenant") != a.TenantID {
		return unknownTenant(r.PathValue("tenant"))
	}
	if client := r.PostFormValue("client_id"); client != a.ClientID {
		return &entraRefusal{700016, http.StatusBadRequest, "unauthorized_client",
			fmt.Sprintf("Application with identifier '%s' was not found in the directory 'Contoso'. This can happen if the "+
				"application has not been installed by the administrator of the tenant or consented to by any user in the "+
				"tenant. You may have sent your authentication request to the wrong tenant.", client)}
	}
	if r.PostFormValue("grant_type") != "client_credentials" ||
		r.PostFormValue("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return &entraRefusal{900144, http.StatusBadRequest, "invalid_request",
			"The request body must contain the following parameter: 'client_assertion'."}
	}
	claims, err := a.cloud.Verify(r.Context(), a.Federation.Issuer, r.PostFormValue("client_assertion"))
	return a.compare(claims, err)
}

func (a *Azure) compare(claims jwt.MapClaims, err error) *entraRefusal {
	switch {
	case a.delay.Add(-1) >= 0:
		return unmatched(70021, "", "")
	case claims["iss"] != a.Federation.Issuer:
		return unmatched(700211, "issuer", claims["iss"])
	case errors.Is(err, jwt.ErrTokenExpired), errors.Is(err, jwt.ErrTokenNotValidYet),
		errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return outOfTime(claims)
	case err != nil:
		return &entraRefusal{50013, http.StatusUnauthorized, "invalid_client",
			"Assertion failed signature validation. [Reason - The key was not found.]"}
	case claims["aud"] != a.Federation.Audience:
		return unmatched(700212, "audience", claims["aud"])
	case claims["sub"] == a.Federation.Subject:
		return nil
	case strings.EqualFold(fmt.Sprint(claims["sub"]), a.Federation.Subject):
		return unmatched(7002138, "subject", claims["sub"])
	default:
		return unmatched(700213, "subject", claims["sub"])
	}
}

// verify checks a token that Entra has signed, by the keys it publishes.
func (a *Azure) verify(ctx context.Context, token string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(token *jwt.Token) (any, error) {
		return a.cloud.KeyAt(ctx, "https://"+entraHost+"/"+a.TenantID+"/discovery/v2.0/keys", fmt.Sprint(token.Header["kid"]))
	}, jwt.WithIssuer(a.Issuer.URL), jwt.WithExpirationRequired(), jwt.WithValidMethods([]string{"RS256"}))
	return claims, err
}
