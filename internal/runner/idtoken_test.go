package runner_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

func TestIDToken(t *testing.T) {
	for _, test := range []struct {
		name, permission string
		answer           string
		status           int
		want, log, err   string
	}{
		{"token", "bearer", `{"value":"a.b.c"}`, 200, "a.b.c", "::add-mask::a.b.c\n", ""},
		{"no_permission", "", "", 200, "", "", "add to the job in the workflow file:\n\n    permissions:\n      id-token: " +
			"write\n      contents: read\n"},
		{"refused", "bearer", `{"message":"Unauthorized"}`, 401, "", "",
			`asking GitHub for the job's ID token with audience "api://x"`},
		{"empty", "bearer", `{}`, 200, "", "", "the answer contains none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.FormValue("audience") != "api://x" || r.Header.Get("Authorization") != "Bearer bearer" {
					t.Errorf("asked for %s with %q", r.URL, r.Header.Get("Authorization"))
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.answer))
			}))
			defer server.Close()
			env := map[string]string{"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": server.URL + "/?api-version=2.0",
				"ACTIONS_ID_TOKEN_REQUEST_TOKEN": test.permission}
			var log bytes.Buffer
			r := runner.New(&log, func(name string) string { return env[name] }).WithHTTP(server.Client())
			token, err := r.IDToken(t.Context(), "api://x")
			if token != test.want || log.String() != test.log {
				t.Errorf("token %q, log %q", token, &log)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}
