package azure

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
)

// entraRefusal is an answer of Entra that holds no token. The texts are those that users of azure/login report.
type entraRefusal struct {
	code, status int
	kind, text   string
}

func (e entraRefusal) write(w http.ResponseWriter) {
	trace, correlation, now := rand.Text(), rand.Text(), time.Now().UTC().Format("2006-01-02 15:04:05Z")
	cloud.Answer(e.status, map[string]any{
		"error": e.kind,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", e.code, e.text, trace,
			correlation, now),
		"error_codes": []int{e.code},
		"timestamp":   now, "trace_id": trace, "correlation_id": correlation,
		"error_uri": fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", e.code),
	}).ServeHTTP(w, nil)
}

func unknownTenant(tenant string) *entraRefusal {
	return &entraRefusal{90002, http.StatusBadRequest, "invalid_tenant",
		fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the "+
			"correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions "+
			"for the tenant.", tenant)}
}

// unmatched: no federated credential fits. What is the claim that does not.
func unmatched(code int, what string, value any) *entraRefusal {
	presented := "No matching federated identity record found for presented assertion"
	if what != "" {
		presented += fmt.Sprintf(" %s '%v'", what, value)
	}
	if code == 7002138 {
		presented += ". The subject matches with case-insensitive comparison, but not with case-sensitive comparison"
	}
	return &entraRefusal{code, http.StatusUnauthorized, "invalid_client", presented +
		". Check your federated identity credential Subject, Audience and Issuer against the presented assertion. " +
		"https://learn.microsoft.com/entra/workload-id/workload-identity-federation"}
}

func outOfTime(claims jwt.MapClaims) *entraRefusal {
	from, _ := claims.GetNotBefore()
	until, _ := claims.GetExpirationTime()
	return &entraRefusal{700024, http.StatusUnauthorized, "invalid_client",
		fmt.Sprintf("Client assertion is not within its valid time range. Current time: %s, assertion valid from %s, "+
			"expiry time of assertion %s. Review the documentation at "+
			"https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
			time.Now().UTC().Format(time.RFC3339Nano), from.UTC().Format(time.RFC3339Nano),
			until.UTC().Format(time.RFC3339Nano))}
}

// refuseService: the application is trusted, and gets no token for this service all the same.
func (a *Azure) refuseService(code int, audience string) *entraRefusal {
	switch code {
	case 500011:
		return &entraRefusal{code, http.StatusBadRequest, "invalid_resource",
			fmt.Sprintf("The resource principal named %s was not found in the tenant named Contoso. This can happen if the "+
				"application has not been installed by the administrator of the tenant or consented to by any user in the "+
				"tenant. You might have sent your authentication request to the wrong tenant.", audience)}
	case 501051:
		return &entraRefusal{code, http.StatusBadRequest, "invalid_grant",
			fmt.Sprintf("Application '%s'(deploy-shop) is not assigned to a role for the application '%s'(Azure Kubernetes "+
				"Service AAD Server).", a.ClientID, audience)}
	case 65001:
		return &entraRefusal{code, http.StatusBadRequest, "invalid_grant",
			fmt.Sprintf("The user or administrator has not consented to use the application with ID '%s' named 'deploy-shop'. "+
				"Send an interactive authorization request for this user and resource.", a.ClientID)}
	default:
		return &entraRefusal{7000112, http.StatusUnauthorized, "unauthorized_client",
			fmt.Sprintf("Application '%s'(deploy-shop) is disabled.", a.ClientID)}
	}
}
