package registry

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/auth/token"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	keyID   = "registrytest"
	issuer  = "registrytest"
	service = "registry"
)

// tokenServer signs tokens for whoever has the right password:
// https://distribution.github.io/distribution/spec/auth/token/
type tokenServer struct {
	username, password string
	key                *ecdsa.PrivateKey
	signer             jose.Signer
}

func newTokenServer(t testing.TB, username, password string) *tokenServer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: keyID}},
		nil)
	if err != nil {
		t.Fatal(err)
	}
	return &tokenServer{username: username, password: password, key: key, signer: signer}
}

// parameters tell the registry where tokens come from and which key to trust.
func (s *tokenServer) parameters(t testing.TB, realm string) configuration.Parameters {
	t.Helper()
	keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key.Public(), KeyID: keyID}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, keys, 0o600); err != nil {
		t.Fatal(err)
	}
	return configuration.Parameters{"realm": realm, "issuer": issuer, "service": service, "jwks": path}
}

// ServeHTTP answers both ways of asking: GET with basic credentials, and OAuth's POST of a form.
func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	username, password, basic := r.BasicAuth()
	if !basic {
		username, password = r.FormValue("username"), r.FormValue("password")
	}
	if username != s.username || password != s.password {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_ = r.ParseForm() // a form that can't be read asks for nothing
	signed, err := s.sign(r.Form["scope"])
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// nobody to tell
	_ = json.NewEncoder(w).Encode(map[string]any{"token": signed, "access_token": signed, "expires_in": 300})
}

// sign grants all that is asked for, and nothing else: "repository:shop/cart:pull,push".
func (s *tokenServer) sign(scopes []string) (string, error) {
	claims := token.ClaimSet{
		Issuer: issuer, Subject: s.username, Audience: token.AudienceList{service},
		NotBefore: time.Now().Unix(), IssuedAt: time.Now().Unix(), Expiration: time.Now().Add(5 * time.Minute).Unix(),
	}
	for _, scope := range strings.Fields(strings.Join(scopes, " ")) {
		kind, rest, _ := strings.Cut(scope, ":")
		if i := strings.LastIndex(rest, ":"); i >= 0 {
			claims.Access = append(claims.Access,
				&token.ResourceActions{Type: kind, Name: rest[:i], Actions: strings.Split(rest[i+1:], ",")})
		}
	}
	return jwt.Signed(s.signer).Claims(claims).Serialize()
}
