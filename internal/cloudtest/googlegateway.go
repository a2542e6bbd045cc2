package cloudtest

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httputil"
	"net/url"
	"testing"

	"k8s.io/client-go/rest"
)

// Serve leads a host, such as one below gke.goog, to a cluster's API server, which decides by the token who it is. A
// path before the API's own, such as the Connect Gateway's, is cut off. Google's gateway signs in to the API server
// itself and names the user by impersonation, which the stand-in leaves out.
func (g *Google) Serve(t testing.TB, host, prefix string, cluster *rest.Config) {
	t.Helper()
	server, err := url.Parse(cluster.Host)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cluster.CAData)
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(server) },
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
		FlushInterval: -1, // a watch is told at once
	}
	t.Cleanup(proxy.Transport.(*http.Transport).CloseIdleConnections)
	g.cloud.Handle(host, http.StripPrefix(prefix, proxy))
}
