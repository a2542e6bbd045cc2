package azure

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
)

// explainARM turns a refusal by Azure Resource Manager into one that says what to do.
func (a *Account) explainARM(err error, id *arm.ResourceID, what string) error {
	var refusal *azcore.ResponseError
	if !errors.As(err, &refusal) {
		return fmt.Errorf("cluster %s: asking Azure Resource Manager for %s: %w", id, what, err)
	}
	return fmt.Errorf("cluster %s: Azure Resource Manager refuses to report %s: %s: %s\n%s",
		id, what, refusal.ErrorCode, messageARM(refusal), a.adviceARM(refusal.ErrorCode, id))
}

// messageARM reads the message of an error
// (https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md#handling-errors).
func messageARM(refusal *azcore.ResponseError) string {
	body, _ := io.ReadAll(io.LimitReader(refusal.RawResponse.Body, 64<<10)) // what could not be read is missing below
	var answer struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Error.Message == "" {
		return "status " + refusal.RawResponse.Status
	}
	return answer.Error.Message
}

func (a *Account) adviceARM(code string, id *arm.ResourceID) string {
	switch code {
	case "AuthorizationFailed":
		return fmt.Sprintf("Give the identity the role, which lets it read the cluster's address and agent pools:\n    "+
			"az role assignment create --role \"Azure Kubernetes Service Cluster User Role\" --assignee %s --scope "+
			"%s", a.options.ClientID, id)
	case "SubscriptionNotFound", "InvalidSubscriptionId":
		return fmt.Sprintf("Check azure-subscription-id %q: `az account show --query id` prints yours. An identity "+
			"without any role in a subscription does not see it.", id.SubscriptionID)
	case "ResourceGroupNotFound":
		return fmt.Sprintf("Check resource-group %q: `az aks list --query \"[].[name,resourceGroup]\"` prints where the "+
			"clusters are.", id.ResourceGroupName)
	case "ResourceNotFound", "NotFound":
		return fmt.Sprintf("Check cluster %q: `az aks list --query \"[].[name,resourceGroup]\"` prints the clusters and "+
			"their resource groups.", id.Name)
	default:
		return "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors " +
			"explains the code."
	}
}
