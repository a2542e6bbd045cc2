package buildkit_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/build/buildkit/buildkittest"
)

const user, password, token = "deployer", "hunter2", "a-token"

func TestBuild_signs_in_to_the_registry(t *testing.T) {
	address := buildkittest.Start(t)
	dir := folder(t, "", map[string]string{"Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"})
	for name, guard := range map[string]func(http.Handler) http.Handler{"with_a_password": basic, "with_a_token": bearer} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(guard(emptyRegistry(t)))
			defer server.Close()
			s := spec(t, strings.TrimPrefix(server.URL, "http://"), "cart", dir)

			b, _ := builder(address)
			if _, err := b.Build(t.Context(), []build.Spec{s}); err == nil || !strings.Contains(err.Error(), "401") {
				t.Errorf("without credentials: got error %v, want one with 401", err)
			}

			b.Keychain = known{}
			digests, err := b.Build(t.Context(), []build.Spec{s})
			if err != nil {
				t.Fatal(err)
			}
			if descriptor, err := remote.Head(s.Reference, remote.WithAuthFromKeychain(known{})); err != nil || descriptor.Digest != digests[0] {
				t.Errorf("%s holds %v (%v), want %s", s.Reference, descriptor, err, digests[0])
			}
		})
	}
}

// known is a keychain with one pair of credentials.
type known struct{}

func (known) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{Username: user, Password: password}), nil
}

// basic asks for user and password.
func basic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u != user || p != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, "401 unauthorized", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// bearer asks for a token, and gives one for user and password: https://distribution.github.io/distribution/spec/auth/
func bearer(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u != user || p != password {
			http.Error(w, "401 unauthorized", http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"token": token})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("username") != user || r.FormValue("password") != password {
			http.Error(w, "401 unauthorized", http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"access_token": token})
	})
	mux.HandleFunc("/v2/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="test",scope="repository:cart:pull,push"`)
			http.Error(w, "401 unauthorized", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
	return mux
}
