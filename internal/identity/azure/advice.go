package azure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

// advice says what to do about each thing that really goes wrong.
func (a *Account) advice(code int, claims federation.Claims, date string) string {
	switch code {
	case noFederation, noFederationIssuer, noFederationAudience, noFederationSubject, noFederationCapitals:
		return a.federate(claims)
	case noApplication:
		return fmt.Sprintf("azure-client-id %q is not known in tenant %q. Give the client ID (not the object ID) of an "+
			"app registration or a managed identity of that tenant, and check "+
			"azure-tenant-id.", a.options.ClientID, a.options.TenantID)
	case noTenant:
		return fmt.Sprintf("There is no tenant %q in Azure environment %q. `az account show --query tenantId` prints "+
			"yours; a sovereign cloud needs azure-environment.", a.options.TenantID, a.environmentName())
	case badTime:
		return fmt.Sprintf("A clock is wrong: by Entra it is %s, on this runner %s. Set the runner's clock "+
			"(NTP).", date, time.Now().UTC().Format(http.TimeFormat))
	case noServer:
		return "The tenant has no service principal for this service yet. An administrator makes it once for AKS with `az " +
			"ad sp create --id 6dae42f8-4368-4678-94ff-3960e28e3630`; for a registry with `az provider register --namespace " +
			"Microsoft.ContainerRegistry`."
	case noAssignment:
		return fmt.Sprintf("The service admits only applications assigned to it: under Enterprise applications an "+
			"administrator assigns %q to the service named above, or switches Assignment required off.", a.options.ClientID)
	case noConsent:
		return fmt.Sprintf("The application %q lacks consent: an administrator gives it with `az ad app permission "+
			"admin-consent --id %s`.", a.options.ClientID, a.options.ClientID)
	case disabled:
		return fmt.Sprintf("The application %q is disabled in the tenant: an administrator enables it under Enterprise "+
			"applications.", a.options.ClientID)
	default:
		return fmt.Sprintf("It was asked for client %q of tenant %q; the job's ID token "+
			"says:\n%s", a.options.ClientID, a.options.TenantID, claims)
	}
}

// federate is the command for the federated credential that the job's token would match.
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

func (a *Account) environmentName() Environment { return cmp.Or(a.options.Environment, Public) }
