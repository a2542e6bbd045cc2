package cloud

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"

	"github.com/golang-jwt/jwt/v5"
)

// Issuer signs tokens with a key that it publishes.
type Issuer struct {
	// URL is the iss claim. Its discovery document is below.
	URL string

	cloud *Cloud
	key   *rsa.PrivateKey
	id    string
}

// NewIssuer makes an issuer with a new key.
func NewIssuer(cloud *Cloud, url string) *Issuer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return &Issuer{URL: url, cloud: cloud, key: key, id: rand.Text()}
}

// Sign returns a token with these claims, and notes it as a secret.
func (i *Issuer) Sign(claims jwt.MapClaims) string {
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = i.id
	signed, err := token.SignedString(i.key)
	if err != nil {
		panic(err) // claims that are no JSON
	}
	i.cloud.Secret(signed)
	return signed
}

// Discovery serves the issuer's metadata, with keys at the address given
// (https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata).
func (i *Issuer) Discovery(keys string) http.Handler {
	return Answer(http.StatusOK, map[string]any{
		"issuer": i.URL, "jwks_uri": keys,
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
	})
}

// Key is the public key.
func (i *Issuer) Key() *rsa.PublicKey { return &i.key.PublicKey }

// Keys serves the public key (https://www.rfc-editor.org/rfc/rfc7517#section-5).
func (i *Issuer) Keys() http.Handler {
	public := i.key.PublicKey
	return Answer(http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": i.id,
		"n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}}})
}

// Verify checks a token as a relying party does: by the keys that its issuer publishes, and its times. The claims come
// with an error too, where they can be read.
func (c *Cloud) Verify(ctx context.Context, issuer, token string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(token *jwt.Token) (any, error) {
		return c.publishedKey(ctx, issuer, fmt.Sprint(token.Header["kid"]))
	}, jwt.WithIssuer(issuer), jwt.WithExpirationRequired(), jwt.WithValidMethods([]string{"RS256"}))
	return claims, err
}

func (c *Cloud) publishedKey(ctx context.Context, issuer, id string) (*rsa.PublicKey, error) {
	var discovery struct {
		Keys string `json:"jwks_uri"`
	}
	if err := c.get(ctx, issuer+"/.well-known/openid-configuration", &discovery); err != nil {
		return nil, err
	}
	return c.KeyAt(ctx, discovery.Keys, id)
}

// KeyAt looks a key up in the set that is at an address.
func (c *Cloud) KeyAt(ctx context.Context, url, id string) (*rsa.PublicKey, error) {
	var set struct{ Keys []struct{ Kid, N, E string } }
	if err := c.get(ctx, url, &set); err != nil {
		return nil, err
	}
	for _, key := range set.Keys {
		n, errN := base64.RawURLEncoding.DecodeString(key.N)
		e, errE := base64.RawURLEncoding.DecodeString(key.E)
		if key.Kid == id && errN == nil && errE == nil {
			return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
		}
	}
	return nil, errors.New("the issuer publishes no such key")
}

func (c *Cloud) get(ctx context.Context, url string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("asking %s: %w", url, err)
	}
	response, err := c.Client().Do(request)
	if err != nil {
		return fmt.Errorf("asking %s: %w", url, err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("asking %s: %s: %w", url, response.Status, err)
	}
	return nil
}

// Answer serves a value as JSON.
func Answer(status int, value any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(value) // a client that is gone reads nothing
	})
}
