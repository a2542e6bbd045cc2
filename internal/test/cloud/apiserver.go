package cloud

import (
	"fmt"
	"net/http"
	"strings"

	"sigs.k8s.io/yaml"
)

// AuthenticationConfig returns a file for kube-apiserver's --authentication-config, which lets in whom the issuer's
// tokens for an audience name. The user's name is the claim as it is. The API server reads the keys on loopback,
// since the issuer's own host is not reached without a proxy.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
func (c *Cloud) AuthenticationConfig(issuer *Issuer, audience, username string) ([]byte, error) {
	published := fmt.Sprintf("https://%s/issuers/%s", c.Address, issuer.id)
	mux := http.NewServeMux()
	mux.Handle("/issuers/"+issuer.id+"/.well-known/openid-configuration", issuer.Discovery(published+"/keys"))
	mux.Handle("/issuers/"+issuer.id+"/keys", issuer.Keys())
	host, _, _ := strings.Cut(c.Address, ":")
	c.Handle(host, mux)
	return yaml.Marshal(map[string]any{
		"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration",
		"jwt": []any{map[string]any{
			"issuer": map[string]any{
				"url":                  issuer.URL,
				"discoveryURL":         published + "/.well-known/openid-configuration",
				"certificateAuthority": string(c.CA),
				"audiences":            []string{audience},
			},
			"claimMappings": map[string]any{"username": map[string]string{"claim": username, "prefix": ""}},
		}},
	})
}
