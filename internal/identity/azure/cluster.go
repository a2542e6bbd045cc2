package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerservice/armcontainerservice/v6"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

// Cluster asks Azure Resource Manager where the cluster is, and returns a way into it as this account. Its token is
// renewed as long as the configuration is used.
func (a *Account) Cluster(ctx context.Context) (*rest.Config, error) {
	id, err := a.clusterID()
	if err != nil {
		return nil, err
	}
	kubeconfig, err := a.userKubeconfig(ctx, id)
	if err != nil {
		return nil, err
	}
	way, err := a.read(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", id, err)
	}
	if !way.entra {
		return way.config, nil
	}
	credential := federation.NewCredential(func(ctx context.Context) (federation.Token, error) {
		return a.token(ctx, clusterScope)
	})
	if _, err := credential.Token(ctx); err != nil {
		return nil, err
	}
	way.config.Wrap(credential.Transport)
	return way.config, nil
}

// clusterID is the cluster's resource ID.
func (a *Account) clusterID() (*arm.ResourceID, error) {
	text := a.options.Cluster
	if text == "" || text[0] != '/' {
		text = fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.ContainerService/managedClusters/%s",
			a.options.SubscriptionID, a.options.ResourceGroup, a.options.Cluster)
	}
	id, err := arm.ParseResourceID(text)
	if err != nil {
		return nil, fmt.Errorf("cluster %q is no resource ID; `az aks show --query id` prints it: %w", text, err)
	}
	return id, nil
}

// userKubeconfig is what `az aks get-credentials --format exec` writes. Where Entra lets users in it contains no
// secret. https://learn.microsoft.com/rest/api/aks/managed-clusters/list-cluster-user-credentials
func (a *Account) userKubeconfig(ctx context.Context, id *arm.ResourceID) ([]byte, error) {
	client, err := armcontainerservice.NewManagedClustersClient(id.SubscriptionID, a,
		&arm.ClientOptions{ClientOptions: a.clientOptions()})
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", id, err)
	}
	format := armcontainerservice.FormatExec
	request := &armcontainerservice.ManagedClustersClientListClusterUserCredentialsOptions{Format: &format}
	if a.options.Endpoint == identity.EndpointPublic {
		request.ServerFqdn = ptr.To(string(a.options.Endpoint))
	}
	var answer armcontainerservice.ManagedClustersClientListClusterUserCredentialsResponse
	err = a.job.Retry(ctx, "Azure Resource Manager does not let this job at the cluster "+
		"yet", isForbidden, func(ctx context.Context) error {
		var err error
		answer, err = client.ListClusterUserCredentials(ctx, id.ResourceGroupName, id.Name, request)
		return err
	})
	if err != nil {
		return nil, a.explainARM(err, id, "its address")
	}
	if len(answer.Kubeconfigs) == 0 || answer.Kubeconfigs[0] == nil {
		return nil, fmt.Errorf("cluster %s: Azure Resource Manager returns no kubeconfig", id)
	}
	return answer.Kubeconfigs[0].Value, nil
}

func isForbidden(err error) bool {
	var response *azcore.ResponseError
	return errors.As(err, &response) && response.StatusCode == http.StatusForbidden
}
