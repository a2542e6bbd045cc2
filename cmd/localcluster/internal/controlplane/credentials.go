package controlplane

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// credentials are what the API server at server is reached with and reaches kubelets with.
type credentials struct {
	authority *authority
	server    netip.AddrPort
}

// newCredentials makes a certificate authority for the API server at the given address.
func newCredentials(server netip.AddrPort) (*credentials, error) {
	authority, err := newAuthority()
	return &credentials{authority: authority, server: server}, err
}

// write puts the files into dir that the components' flags name.
func (c *credentials) write(dir string) error {
	files, err := c.files()
	if err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return fmt.Errorf("writing the control plane's credentials: %w", err)
		}
	}
	return nil
}

func (c *credentials) files() (map[string][]byte, error) {
	ca, err := c.authority.pair()
	if err != nil {
		return nil, err
	}
	serving, err := c.authority.server("kube-apiserver", c.server.Addr())
	if err != nil {
		return nil, err
	}
	kubelet, err := c.authority.client("kube-apiserver-kubelet-client", "system:masters")
	if err != nil {
		return nil, err
	}
	tokens, err := c.authority.client("service-accounts") // Only its key is used: it signs tokens.
	if err != nil {
		return nil, err
	}
	manager, err := c.kubeconfig("system:kube-controller-manager")
	if err != nil {
		return nil, err
	}
	scheduler, err := c.kubeconfig("system:kube-scheduler")
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"ca.crt": ca.cert, "ca.key": ca.key,
		"apiserver.crt": serving.cert, "apiserver.key": serving.key,
		"kubelet-client.crt": kubelet.cert, "kubelet-client.key": kubelet.key,
		"service-account.key":           tokens.key,
		"controller-manager.kubeconfig": manager,
		"scheduler.kubeconfig":          scheduler,
	}, nil
}

// kubeconfig returns a kubeconfig that signs in as user.
func (c *credentials) kubeconfig(user string, groups ...string) ([]byte, error) {
	ca, err := c.authority.pair()
	if err != nil {
		return nil, err
	}
	client, err := c.authority.client(user, groups...)
	if err != nil {
		return nil, err
	}
	return kubeconfig("https://"+c.server.String(), ca.cert, client)
}

// admin returns a cluster administrator's kubeconfig, and the client configuration that it holds, unthrottled.
func (c *credentials) admin() ([]byte, *rest.Config, error) {
	data, err := c.kubeconfig("localcluster-admin", "system:masters")
	if err != nil {
		return nil, nil, err
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(data)
	if err != nil {
		return nil, nil, fmt.Errorf("reading back the kubeconfig: %w", err)
	}
	config.QPS = -1
	return data, config, nil
}

// kubeletTLS returns what a kubelet serves with: like a real one it lets the API server in and nobody else.
func (c *credentials) kubeletTLS() (*tls.Config, error) {
	serving, err := c.authority.server("system:node:localcluster", Loopback)
	if err != nil {
		return nil, err
	}
	cert, err := tls.X509KeyPair(serving.cert, serving.key)
	if err != nil {
		return nil, fmt.Errorf("loading the kubelets' certificate: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(c.authority.cert)
	return &tls.Config{
		Certificates: []tls.Certificate{cert},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    pool,
		MinVersion:   tls.VersionTLS12,
	}, nil
}
