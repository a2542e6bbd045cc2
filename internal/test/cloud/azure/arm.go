package azure

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
)

// resourceManager is Azure Resource Manager's listClusterUserCredential and its GET of a cluster
// (https://learn.microsoft.com/rest/api/aks/managed-clusters).
func (a *Azure) resourceManager() http.Handler {
	const cluster = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/" +
		"managedClusters/{name}"
	mux := http.NewServeMux()
	mux.Handle("POST "+cluster+"/listClusterUserCredential", a.permitted("listClusterUserCredential/action",
		func(w http.ResponseWriter, r *http.Request) {
			kubeconfig, err := a.kubeconfig(r.URL.Query().Get("server-fqdn"))
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			cloud.Answer(http.StatusOK, map[string]any{"kubeconfigs": []any{map[string]any{"name": "clusterUser",
				"value": kubeconfig}}}).ServeHTTP(w, r)
		}))
	mux.Handle("GET "+cluster, a.permitted("read", func(w http.ResponseWriter, r *http.Request) {
		cloud.Answer(http.StatusOK, map[string]any{"id": a.ClusterID(), "name": a.Cluster.Name, "location": "westeurope",
			"properties": map[string]any{"agentPoolProfiles": a.Cluster.AgentPools}}).ServeHTTP(w, r)
	}))
	return mux
}

// permitted serves a handler to those who may take an action with a cluster that exists.
func (a *Azure) permitted(action string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status, code, message := a.refuseARM(r, action); code != "" {
			cloud.Answer(status, map[string]any{"error": map[string]string{"code": code, "message": message}}).ServeHTTP(w, r)
			return
		}
		next(w, r)
	})
}

func (a *Azure) refuseARM(r *http.Request, action string) (status int, code, message string) {
	subscription, group, name := r.PathValue("subscription"), r.PathValue("group"), r.PathValue("name")
	err := a.authorize(r.Context(), r.Header.Get("Authorization"), armAudience)
	switch {
	case err != nil:
		return http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is invalid."
	case subscription != a.SubscriptionID:
		return http.StatusNotFound, "SubscriptionNotFound",
			fmt.Sprintf("The subscription '%s' could not be found.", subscription)
	case !a.ClusterUser, action == "read" && a.NoReader:
		return http.StatusForbidden, "AuthorizationFailed", fmt.Sprintf("The client '%s' with object id '%s' does not have "+
			"authorization to perform action 'Microsoft.ContainerService/managedClusters/%s' "+
			"over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
			a.ClientID, a.ObjectID, action, a.ClusterID())
	case group != a.ResourceGroup:
		return http.StatusNotFound, "ResourceGroupNotFound", fmt.Sprintf("Resource group '%s' could not be found.", group)
	case name != a.Cluster.Name:
		return http.StatusNotFound, "ResourceNotFound",
			fmt.Sprintf("The Resource 'Microsoft.ContainerService/managedClusters/%s' under resource group '%s' was not "+
				"found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", name, group)
	}
	return 0, "", ""
}

// authorize checks an Entra token: signature, issuer, times and audience. Resource Manager has a name
// in each cloud, and an old one besides.
func (a *Azure) authorize(ctx context.Context, header, audience string) error {
	token, _ := strings.CutPrefix(header, "Bearer ")
	claims, err := a.verify(ctx, token)
	if err != nil {
		return err
	}
	got := strings.TrimSuffix(fmt.Sprint(claims["aud"]), "/")
	if strings.HasPrefix(got, "https://management.") {
		got = armAudience
	}
	if got != audience {
		return fmt.Errorf("audience %q", got)
	}
	return nil
}

// kubeconfig is what a user of the cluster gets: how to get a token where Entra lets users in, a certificate otherwise.
func (a *Azure) kubeconfig(fqdn string) ([]byte, error) {
	server, user := a.Cluster.Server, "clusterUser_"+a.ResourceGroup+"_"+a.Cluster.Name
	if fqdn == "public" {
		server = a.Cluster.PublicServer
	}
	file := clientcmdapi.NewConfig()
	file.Clusters[a.Cluster.Name] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: a.Cluster.CA}
	file.Contexts[a.Cluster.Name] = &clientcmdapi.Context{Cluster: a.Cluster.Name, AuthInfo: user}
	file.CurrentContext = a.Cluster.Name
	file.AuthInfos[user] = &clientcmdapi.AuthInfo{Exec: &clientcmdapi.ExecConfig{
		APIVersion: "client.authentication.k8s.io/v1beta1", Command: "kubelogin",
		InteractiveMode: clientcmdapi.IfAvailableExecInteractiveMode,
		Args: []string{"get-token", "--environment", "AzurePublicCloud", "--server-id", AKSServer, "--client-id",
			"80faf920-1908-4b52-b5ef-a8e7bedfc67a", "--tenant-id", a.TenantID, "--login", "devicecode"},
	}}
	if a.Cluster.Key != nil {
		file.AuthInfos[user] = &clientcmdapi.AuthInfo{ClientCertificateData: a.Cluster.Certificate,
			ClientKeyData: a.Cluster.Key}
	}
	return clientcmd.Write(*file)
}
