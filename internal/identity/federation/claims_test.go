package federation_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

func token(payload string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".signature"
}

func TestReadClaims(t *testing.T) {
	for _, test := range []struct {
		name, token string
		want        federation.Claims
	}{
		{"claims", token(`{"iss":"i","sub":"s","aud":"a","repository":"o/r","exp":7}`),
			federation.Claims{Issuer: "i", Subject: "s", Audience: "a", Repository: "o/r"}},
		{"no_token", "", federation.Claims{}},
		{"no_base64", "a.?.c", federation.Claims{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, federation.ReadClaims(test.token)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExpiry(t *testing.T) {
	if got := federation.Expiry(token(`{"exp":1700000000}`), time.Hour); got.Unix() != 1700000000 {
		t.Errorf("got %s", got)
	}
	if left := time.Until(federation.Expiry("opaque", time.Hour)); left < 59*time.Minute || left > time.Hour {
		t.Errorf("%s left", left)
	}
}
