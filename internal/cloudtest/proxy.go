package cloudtest

import (
	"io"
	"net"
	"net/http"
)

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
