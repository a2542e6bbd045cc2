package controlplane

import (
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Context names the cluster, the user and the context in every kubeconfig of a local cluster.
const Context = "localcluster"

// kubeconfig returns a self-contained kubeconfig: certificates are embedded, so the file can be moved and copied.
func kubeconfig(server string, ca []byte, client pair) ([]byte, error) {
	config := clientcmdapi.NewConfig()
	config.Clusters[Context] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	config.AuthInfos[Context] = &clientcmdapi.AuthInfo{ClientCertificateData: client.cert, ClientKeyData: client.key}
	config.Contexts[Context] = &clientcmdapi.Context{Cluster: Context, AuthInfo: Context}
	config.CurrentContext = Context
	return clientcmd.Write(*config)
}
