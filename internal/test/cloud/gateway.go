package cloud

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// cut is how long a request through a gateway may last.
const cut = 4 * time.Second

// Gateway is in front of a cluster's API server.
type Gateway struct{ refused Counter }

// Refused are the tokens that the API server has answered with 401, and how often.
func (g *Gateway) Refused() map[string]int { return g.refused.All() }

// Lead leads a host, such as one below gke.goog, to a cluster's API server, which decides by the token who it is. A
// path before the API's own, such as the Connect Gateway's, is cut off. Google's gateway signs in to the API server
// itself and names the user by impersonation, which the stand-in leaves out. Watches are cut off after some seconds, as
// any gateway's are after some minutes, so that clients come again, with the token they have by then.
func (c *Cloud) Lead(t testing.TB, host, prefix string, cluster *rest.Config) *Gateway {
	t.Helper()
	server, err := url.Parse(cluster.Host)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cluster.CAData)
	gateway := &Gateway{}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(server) },
		Transport:      &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
		ModifyResponse: gateway.note,
		FlushInterval:  -1,                         // a watch is answered at once
		ErrorLog:       log.New(io.Discard, "", 0), // that a watch was cut off is no news
	}
	t.Cleanup(proxy.Transport.(*http.Transport).CloseIdleConnections)
	c.Handle(host, http.StripPrefix(prefix, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), cut)
		defer cancel()
		proxy.ServeHTTP(w, r.WithContext(ctx))
	})))
	return gateway
}

func (g *Gateway) note(response *http.Response) error {
	if response.StatusCode == http.StatusUnauthorized {
		token, _ := strings.CutPrefix(response.Request.Header.Get("Authorization"), "Bearer ")
		g.refused.Add(token)
	}
	return nil
}
