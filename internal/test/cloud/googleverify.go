package cloud

import (
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// verify checks an access token: Google's services know their own key.
func (g *Google) verify(token string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return &g.Issuer.key.PublicKey, nil },
		jwt.WithIssuer(g.Issuer.URL), jwt.WithAudience(GoogleAudience), jwt.WithExpirationRequired(),
		jwt.WithValidMethods([]string{"RS256"}))
	if err == nil && claims["scope"] != cloudPlatform {
		err = fmt.Errorf("scope %q", claims["scope"])
	}
	return claims, err
}
