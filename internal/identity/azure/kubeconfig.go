package azure

import (
	"errors"
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// way is a way to a cluster, as far as its kubeconfig says.
type way struct {
	config *rest.Config
	// entra: users are let in by Entra, so that the kubeconfig names a program to get a token with.
	entra bool
}

// read takes the address and the CA from a kubeconfig, and, where Entra lets nobody in, its certificate. That one is a
// secret: it is the cluster administrator's
// (https://learn.microsoft.com/azure/aks/control-kubeconfig-access).
func (a *Account) read(kubeconfig []byte) (way, error) {
	file, err := clientcmd.Load(kubeconfig)
	if err != nil {
		// The error may quote the file.
		return way{}, errors.New("the kubeconfig that Azure Resource Manager returns can't be read")
	}
	context := file.Contexts[file.CurrentContext]
	if context == nil || file.Clusters[context.Cluster] == nil || file.AuthInfos[context.AuthInfo] == nil {
		return way{}, fmt.Errorf("the kubeconfig that Azure Resource Manager returns has no context %q", file.CurrentContext)
	}
	cluster, user := file.Clusters[context.Cluster], file.AuthInfos[context.AuthInfo]
	a.job.Mask(string(user.ClientKeyData))
	a.job.Mask(user.Token)
	config := &rest.Config{Host: cluster.Server}
	config.CAData = cluster.CertificateAuthorityData
	if user.Exec != nil || user.AuthProvider != nil {
		return way{config: config, entra: true}, nil
	}
	config.CertData, config.KeyData = user.ClientCertificateData, user.ClientKeyData
	return way{config: config}, nil
}
