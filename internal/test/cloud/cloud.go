// Package cloud serves stand-ins of GitHub's OIDC provider and of clouds, under their own names and over TLS. Each
// cloud has a package of its own, such as test/cloud/azure. They sign with real keys, verify what they are shown by its
// issuer's published keys, and refuse what the clouds refuse, with the clouds' own error bodies. The tests here hold
// the built program against all of them.
package cloud

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Cloud is everything that a run may reach in the internet. A program reaches it through a proxy and with an authority
// of its own, see Env; nothing in the program itself knows about it.
type Cloud struct {
	// GitHub is the OIDC provider of the job.
	GitHub *GitHub
	// Address is where all hosts are served, host:port.
	Address string
	// CAFile is a PEM file with the authority of all hosts' certificates, CA its content.
	CAFile string
	CA     []byte

	authority *authority
	proxy     *url.URL

	mu      sync.Mutex
	hosts   map[string]http.Handler
	before  http.Handler
	secrets []string
}

// Start serves until the test ends. Hosts are added with Handle, or by azure.New and the like.
func Start(t testing.TB) *Cloud {
	t.Helper()
	authority, err := newAuthority()
	if err != nil {
		t.Fatal(err)
	}
	c := &Cloud{authority: authority, CA: authority.pem, hosts: map[string]http.Handler{}}
	c.CAFile = filepath.Join(t.TempDir(), "cloud-ca.pem")
	if err := os.WriteFile(c.CAFile, c.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(c)
	// StartTLS would show its own certificate to a client that reaches an address and names no host.
	server.Listener = tls.NewListener(server.Listener,
		&tls.Config{GetCertificate: authority.certificate, MinVersion: tls.VersionTLS12})
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a client that goes away in a handshake is no news
	server.Start()
	t.Cleanup(server.Close)
	c.Address = server.Listener.Addr().String()
	c.proxy = c.ProxyAt(t, "127.0.0.1")
	c.GitHub = newGitHub(c)
	return c
}

// Handle serves a host, such as login.microsoftonline.com.
func (c *Cloud) Handle(host string, handler http.Handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hosts[host] = handler
}

// Put puts a handler before all hosts, made of the one that serves them.
func (c *Cloud) Put(before func(hosts http.Handler) http.Handler) {
	handler := before(http.HandlerFunc(c.serve))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before = handler
}

// ServeHTTP implements http.Handler for all hosts.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	handler := c.before
	c.mu.Unlock()
	if handler == nil {
		handler = http.HandlerFunc(c.serve)
	}
	handler.ServeHTTP(w, r)
}

func (c *Cloud) serve(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if handler := c.host(host); handler != nil {
		handler.ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}

func (c *Cloud) host(name string) http.Handler {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hosts[name]
}

// Client returns a client that reaches the stand-ins, in the test's own process.
func (c *Cloud) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(c.proxy),
		TLSClientConfig: &tls.Config{RootCAs: c.authority.pool, MinVersion: tls.VersionTLS12}}}
}

// Proxy is the address of the proxy by which the stand-ins are reached.
func (c *Cloud) Proxy() string { return c.proxy.String() }

// Env returns the variables with which a program reaches the stand-ins, as a job on GitHub with id-token: write.
func (c *Cloud) Env() map[string]string {
	env := c.GitHub.Env()
	env["HTTPS_PROXY"] = c.Proxy()
	env["SSL_CERT_FILE"] = c.CAFile
	return env
}

// Secret notes a token or a key that must not show up anywhere.
func (c *Cloud) Secret(value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secrets = append(c.secrets, value)
}

// Secrets are all tokens and keys that were handed out.
func (c *Cloud) Secrets() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.secrets...)
}
