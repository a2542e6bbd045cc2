package azure

import "errors"

// The codes of Entra that have an advice of their own
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
const (
	noFederation         = 70021
	noFederationIssuer   = 700211
	noFederationAudience = 700212
	noFederationSubject  = 700213
	noFederationCapitals = 7002138
	noApplication        = 700016
	noTenant             = 90002
	badTime              = 700024
	noServer             = 500011
	noAssignment         = 501051
	noConsent            = 65001
	disabled             = 7000112
)

// mayBeDelay: a federated credential, and an application, take up to some minutes to be known everywhere.
func mayBeDelay(err error) bool {
	var refusal *EntraError
	if !errors.As(err, &refusal) {
		return false
	}
	switch refusal.Code {
	case noFederation, noFederationIssuer, noFederationAudience, noFederationSubject, noApplication:
		return true
	}
	return false
}
