package cloud

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// ProxyAt starts another way to the stand-ins, at an address of this machine, such as the one that containers know it
// by.
func (c *Cloud) ProxyAt(t testing.TB, address string) *url.URL {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(c.connect))
	_ = server.Listener.Close() // its own, on loopback
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return &url.URL{Scheme: "http", Host: listener.Addr().String()}
}

// connect is a proxy that leads each host that is served to the stand-ins. Any other has no address, as a host behind a
// private DNS zone has none.
func (c *Cloud) connect(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if r.Method != http.MethodConnect || err != nil || c.host(host) == nil {
		http.Error(w, "no such host", http.StatusBadGateway)
		return
	}
	inside, err := net.Dial("tcp", c.Address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	outside, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = inside.Close()
		return
	}
	_, _ = io.WriteString(outside, "HTTP/1.1 200 Connection established\r\n\r\n")
	go pipe(inside, outside)
	go pipe(outside, inside)
}

// pipe copies until one side ends, and ends both.
func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = from.Close()
}
