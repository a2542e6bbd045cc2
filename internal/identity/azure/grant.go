package azure

import (
	"fmt"
	"strings"
)

// Grant is the command that lets the account pull a repository of a container registry, or push to it, or "" where the
// registry is none of Azure's.
// https://learn.microsoft.com/azure/container-registry/container-registry-rbac-built-in-roles-overview
func (a *Account) Grant(repository string, push bool) string {
	host, _, _ := strings.Cut(repository, "/")
	if !a.cloud.hasRegistry(host) {
		return ""
	}
	role, byRepository := "AcrPull", "Container Registry Repository Reader"
	if push {
		role, byRepository = "AcrPush", "Container Registry Repository Writer"
	}
	return fmt.Sprintf(`Grant the role, or %q where the registry grants by repository; it takes some minutes to work:
    az role assignment create --role %s --assignee %s --scope $(az acr show --name %s --query id --output tsv)`,
		byRepository, role, a.options.ClientID, strings.TrimSuffix(host, a.cloud.registries))
}
