package google

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
)

// Member authenticates a request, and authorizes it by a role, as each API of Google Cloud does. Who is known but has
// not the role comes with the refusal.
func (g *Google) Member(r *http.Request, role, permission string) (string, http.Handler) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	claims, err := g.verify(token)
	if err != nil {
		return "", APIError(http.StatusUnauthorized, "UNAUTHENTICATED",
			"Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "+
				"authentication credential.", nil)
	}
	if slices.Contains(g.Disabled, r.Host) {
		return "", g.disabled(r.Host)
	}
	member := fmt.Sprint(claims["member"])
	if !g.Has(member, role) {
		return member, Forbidden(permission)
	}
	return member, nil
}

// Guarded serves a handler to those who have a role.
func (g *Google) Guarded(role, permission string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, refusal := g.Member(r, role, permission); refusal != nil {
			refusal.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// credentials is the IAM Service Account Credentials API.
func (g *Google) credentials() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/projects/-/serviceAccounts/{method}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("method") != g.ServiceAccount+":generateAccessToken" {
			APIError(http.StatusNotFound, "NOT_FOUND",
				"Not found; Gaia id not found for email "+strings.TrimSuffix(r.PathValue("method"), ":generateAccessToken"),
				nil).ServeHTTP(w, r)
			return
		}
		g.minted.Add(1)
		cloud.Answer(http.StatusOK, map[string]string{
			"accessToken": g.Mint("serviceAccount:"+g.ServiceAccount, g.AccountLife),
			"expireTime":  time.Now().Add(g.AccountLife).UTC().Format(time.RFC3339Nano),
		}).ServeHTTP(w, r)
	})
	return g.Guarded("roles/iam.workloadIdentityUser", "iam.serviceAccounts.getAccessToken", mux)
}

// containers is GKE's API.
func (g *Google) containers() http.Handler {
	return g.Guarded("roles/container.developer", "container.clusters.get",
		g.only("/v1/"+g.ClusterName(), func() any { return g.Cluster }))
}

// hub is the fleet's API.
func (g *Google) hub() http.Handler {
	membership := "/v1/projects/" + g.ProjectID + "/locations/" + g.Location + "/memberships/" + g.Name
	return g.Guarded("roles/gkehub.viewer", "gkehub.memberships.get",
		g.only(membership, func() any { return g.Membership }))
}

// manager is the Resource Manager's API.
func (g *Google) manager() http.Handler {
	return g.Guarded("roles/browser", "resourcemanager.projects.get", g.only("/v3/projects/"+g.ProjectID, func() any {
		return map[string]string{"name": "projects/" + g.ProjectNumber, "projectId": g.ProjectID}
	}))
}

// only serves one resource; any other does not exist.
func (g *Google) only(path string, resource func() any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			APIError(http.StatusNotFound, "NOT_FOUND", "Not found: "+strings.TrimPrefix(r.URL.Path, "/v1/")+".",
				nil).ServeHTTP(w, r)
			return
		}
		cloud.Answer(http.StatusOK, resource()).ServeHTTP(w, r)
	})
}

// Forbidden is the answer to a member who lacks a role. IAM's own permissions come with details, GKE's as a text.
func Forbidden(permission string) http.Handler {
	if strings.HasPrefix(permission, "iam.") {
		return APIError(http.StatusForbidden, "PERMISSION_DENIED",
			fmt.Sprintf("Permission '%s' denied on resource (or it may not exist).", permission), map[string]any{
				"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "IAM_PERMISSION_DENIED",
				"domain":   "iam.googleapis.com",
				"metadata": map[string]string{"permission": permission},
			})
	}
	return APIError(http.StatusForbidden, "PERMISSION_DENIED", fmt.Sprintf("Required %q permission(s).", permission), nil)
}

// disabled is the answer of an API that the project has not enabled.
// https://docs.cloud.google.com/apis/design/errors#error_info
func (g *Google) disabled(host string) http.Handler {
	text := fmt.Sprintf("%s API has not been used in project %s before or it is disabled. Enable it by visiting "+
		"https://console.developers.google.com/apis/api/%[1]s/overview?project=%[2]s then retry. "+
		"If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.", host,
		g.ProjectNumber)
	return APIError(http.StatusForbidden, "PERMISSION_DENIED", text, map[string]any{
		"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED", "domain": "googleapis.com",
		"metadata": map[string]string{"service": host, "consumer": "projects/" + g.ProjectNumber},
	})
}

// APIError is the error body that Google's APIs share.
// https://docs.cloud.google.com/apis/design/errors#http_mapping
func APIError(code int, status, message string, detail map[string]any) http.Handler {
	body := map[string]any{"code": code, "status": status, "message": message}
	if detail != nil {
		body["details"] = []any{detail}
	}
	return cloud.Answer(code, map[string]any{"error": body})
}
