package federation

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Claims are what a cloud compares a job's ID token by. They are no secret: error texts print them.
// https://docs.github.com/actions/reference/security/oidc#oidc-token-claims
type Claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	// Repository is owner/name.
	Repository string `json:"repository"`
}

// ReadClaims reads the claims of a token without verifying it: the cloud has done that. The zero value comes of a
// token that can't be read.
func ReadClaims(token string) Claims {
	var claims Claims
	decode(token, &claims)
	return claims
}

// decode reads the payload of a JWT, its second part (https://www.rfc-editor.org/rfc/rfc7519#section-3).
func decode(token string, claims any) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		_ = json.Unmarshal(payload, claims) // what can't be read is left empty
	}
}

// String lists the claims, one per line.
func (c Claims) String() string {
	return fmt.Sprintf("    iss: %s\n    sub: %s\n    aud: %s", c.Issuer, c.Subject, c.Audience)
}

// Expiry is when a JWT ends, or after a while where it does not say.
func Expiry(token string, otherwise time.Duration) time.Time {
	var claims struct {
		Expires int64 `json:"exp"`
	}
	decode(token, &claims)
	if claims.Expires == 0 {
		return time.Now().Add(otherwise)
	}
	return time.Unix(claims.Expires, 0)
}
