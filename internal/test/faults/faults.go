// Package faults stands between a run and the services that it talks to, and does to one of its requests what networks
// do: lets it wait for ever, ends its connection, or half of its answer, or answers a byte at a time.
package faults

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Fault is what happens to a request.
type Fault string

// The faults. None only counts the request.
const (
	None    Fault = "none"
	Stall   Fault = "stall"   // no answer, until the client has had enough
	Cut     Fault = "cut"     // the connection ends before an answer
	Half    Fault = "half"    // the connection ends in the middle of the answer
	Late    Fault = "late"    // the answer comes after seconds
	Dribble Fault = "dribble" // the answer comes in pieces, with pauses
)

// All are the faults that a run may meet.
var All = []Fault{Stall, Cut, Half, Late, Dribble}

const lateness = 2 * time.Second

// Proxy passes requests on to a service.
type Proxy struct {
	// Host is where it listens, over plain HTTP, if it does so itself.
	Host string
	// Namespace is that of the run, set before its first request.
	Namespace string

	to   http.Handler
	done chan struct{}
	end  func()

	mu    sync.Mutex
	seen  []string
	at    string
	fault Fault
	// then is called when the request arrives, before it is passed on.
	then func()
}

// New starts a proxy of the service at an address, https://host:port. It ends with the test. The transport nil is
// Go's own.
func New(t testing.TB, to string, transport http.RoundTripper) *Proxy {
	t.Helper()
	p := Before(t, Forward(t, to, transport))
	server := httptest.NewUnstartedServer(p)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true) // gRPC
	server.Start()
	p.Host = strings.TrimPrefix(server.URL, "http://")
	t.Cleanup(func() { // a request whose body nobody reads does not notice that its client has gone
		p.end()
		server.CloseClientConnections()
		server.Close()
	})
	return p
}

// Before returns a proxy that is a handler before another one.
func Before(t testing.TB, to http.Handler) *Proxy {
	t.Helper()
	p := &Proxy{to: to, done: make(chan struct{})}
	p.end = sync.OnceFunc(func() { close(p.done) })
	t.Cleanup(p.end)
	return p
}

// Forward passes requests on to the service at an address, with the transport's credentials in place of their own.
func Forward(t testing.TB, to string, transport http.RoundTripper) http.Handler {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{
		Transport: transport, FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = target.Host
			r.Out.Header.Del("Authorization")
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
}

// Set has the proxy do something to the first request of a name, and calls then when it comes; nil calls nothing.
func (p *Proxy) Set(name string, fault Fault, then func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.fault, p.then = name, fault, then
}

// Seen are the names of the requests until now, each once, in their order.
func (p *Proxy) Seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.seen...)
}

// name is what distinguishes a request of a run from its others. It is the same in each run, whatever the namespace,
// and of all pods one.
func (p *Proxy) name(r *http.Request) string {
	path := r.URL.Path
	if p.Namespace != "" {
		path = strings.ReplaceAll(path, p.Namespace, "NAMESPACE")
	}
	path = chosen.ReplaceAllString(path, "$1")
	name := r.Method + " " + service(r.Host) + path
	for _, option := range []string{"dryRun", "watch", "follow"} {
		if r.URL.Query().Get(option) != "" {
			name += " " + option
		}
	}
	return name
}

// service is the name of a host, or "" of an address, which differs from run to run.
func service(host string) string {
	if _, err := netip.ParseAddrPort(host); err == nil {
		return ""
	}
	name, _, _ := strings.Cut(host, ":")
	return name
}

// chosen are names that differ from run to run: those of pods, of the inventory of a deploy, of commits, and of what is
// uploaded and built.
var chosen = regexp.MustCompile(`(/pods/|/multiarch-deploy-inventory-|/(?:commits|git/commits|compare)/` +
	`|/blobs/uploads/|/o/multiarch-deploy/|/builds/)[^/]+`)

// Met reports whether the request that Set names has come.
func (p *Proxy) Met() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at == ""
}

// take notes a request, and returns what is to happen to it.
func (p *Proxy) take(r *http.Request) (Fault, func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := p.name(r)
	known := false
	for _, s := range p.seen {
		known = known || s == name
	}
	if !known {
		p.seen = append(p.seen, name)
	}
	if p.at == "" || name != p.at {
		return None, nil
	}
	p.at = "" // once
	return p.fault, p.then
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault, then := p.take(r)
	if then != nil {
		then()
	}
	switch fault {
	case Stall:
		p.wait(r, time.Hour)
		panic(http.ErrAbortHandler)
	case Cut:
		panic(http.ErrAbortHandler)
	case Late:
		p.wait(r, lateness)
	case Half:
		w = &half{ResponseWriter: w}
	case Dribble:
		w = &slow{ResponseWriter: w}
	}
	p.to.ServeHTTP(w, r)
}

// wait waits, no longer than the client does.
func (p *Proxy) wait(r *http.Request, d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	case <-p.done:
	}
}

// half ends the connection in the middle of the first piece of an answer.
type half struct{ http.ResponseWriter }

// Unwrap lets the answer be flushed.
func (h *half) Unwrap() http.ResponseWriter { return h.ResponseWriter }

// Write implements io.Writer.
func (h *half) Write(piece []byte) (int, error) {
	_, _ = h.ResponseWriter.Write(piece[:len(piece)/2])
	_ = http.NewResponseController(h.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// slow writes the first bytes of an answer one by one.
type slow struct {
	http.ResponseWriter
	begun bool
}

// Unwrap lets the answer be flushed.
func (s *slow) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Write implements io.Writer.
func (s *slow) Write(piece []byte) (int, error) {
	if s.begun {
		return s.ResponseWriter.Write(piece)
	}
	s.begun = true
	for i := range min(len(piece), 8) {
		if _, err := s.ResponseWriter.Write(piece[i : i+1]); err != nil {
			return i, err
		}
		_ = http.NewResponseController(s.ResponseWriter).Flush()
		time.Sleep(lateness / 8)
	}
	n, err := s.ResponseWriter.Write(piece[min(len(piece), 8):])
	return n + min(len(piece), 8), err
}
