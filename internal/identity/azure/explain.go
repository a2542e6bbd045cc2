package azure

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

// EntraError is a refusal by Microsoft Entra.
type EntraError struct {
	// Code is the number in AADSTS70021
	// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
	Code int
	// Description is what Entra says, without its trace IDs.
	Description string
	// Advice says what to do.
	Advice string
}

// Error holds what Entra says, and what to do.
func (e *EntraError) Error() string {
	return fmt.Sprintf("signing in to Microsoft Entra: %s\n%s", e.Description, e.Advice)
}

// explain turns the SDK's error, which dumps the response, into one that says what to do.
func (a *Account) explain(err error, claims federation.Claims) error {
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || failed.RawResponse == nil {
		return fmt.Errorf("signing in to Microsoft Entra: %w", err)
	}
	e := readEntraError(failed.RawResponse)
	e.Advice = a.advice(e.Code, claims, failed.RawResponse.Header.Get("Date"))
	return e
}

// readEntraError reads the body of a refusal
// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#error-response-1).
func readEntraError(response *http.Response) *EntraError {
	body, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // what could not be read is missing below
	var refusal struct {
		Description string `json:"error_description"`
		Codes       []int  `json:"error_codes"`
	}
	_ = json.Unmarshal(body, &refusal)
	description, _, _ := strings.Cut(refusal.Description, "Trace ID:")
	e := &EntraError{Description: strings.TrimSpace(description)}
	if e.Description == "" {
		e.Description = "it answers " + response.Status
	}
	if len(refusal.Codes) > 0 {
		e.Code = refusal.Codes[0]
	}
	return e
}

// advice says what to do about each thing that really goes wrong.
func (a *Account) advice(code int, claims federation.Claims, date string) string {
	switch code {
	case noFederation, noFederationIssuer, noFederationAudience, noFederationSubject, noFederationCapitals:
		return a.federate(claims)
	case noApplication:
		return fmt.Sprintf("azure-client-id %q is not known in tenant %q. Give the client ID (not the object ID) of an app registration or a managed identity of that tenant, and check azure-tenant-id.", a.options.ClientID, a.options.TenantID)
	case noTenant:
		return fmt.Sprintf("There is no tenant %q in Azure environment %q. `az account show --query tenantId` prints yours; a sovereign cloud needs azure-environment.", a.options.TenantID, a.environmentName())
	case badTime:
		return fmt.Sprintf("A clock is wrong: by Entra it is %s, on this runner %s. Set the runner's clock (NTP).", date, time.Now().UTC().Format(http.TimeFormat))
	case noServer:
		return "The tenant has no service principal for this service yet. An administrator makes it once for AKS with `az ad sp create --id 6dae42f8-4368-4678-94ff-3960e28e3630`; for a registry with `az provider register --namespace Microsoft.ContainerRegistry`."
	case noConsent:
		return fmt.Sprintf("The application %q lacks consent: an administrator gives it with `az ad app permission admin-consent --id %s`.", a.options.ClientID, a.options.ClientID)
	case disabled:
		return fmt.Sprintf("The application %q is disabled in the tenant: an administrator enables it under Enterprise applications.", a.options.ClientID)
	default:
		return fmt.Sprintf("It was asked for client %q of tenant %q; the job's ID token says:\n%s", a.options.ClientID, a.options.TenantID, claims)
	}
}

// The codes of Entra that have an advice of their own.
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

// federate holds the federated credential that the job's token would match.
func (a *Account) federate(claims federation.Claims) string {
	parameters, _ := json.Marshal(map[string]any{ // strings always encode
		"name": "github", "issuer": claims.Issuer, "subject": claims.Subject, "audiences": []string{claims.Audience},
	})
	return fmt.Sprintf(`The job's ID token says:
%s
and no federated credential of client %s says exactly the same (capitals count). Create it:
    az ad app federated-credential create --id %s --parameters '%s'
or, for a managed identity:
    az identity federated-credential create --name github --identity-name NAME --resource-group GROUP --issuer %s --subject '%s' --audiences %s`,
		claims, a.options.ClientID, a.options.ClientID, parameters, claims.Issuer, claims.Subject, claims.Audience)
}

func (a *Account) environmentName() string {
	if a.options.Environment == "" {
		return "public"
	}
	return a.options.Environment
}
