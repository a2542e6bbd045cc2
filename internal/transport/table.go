// Package transport bounds and repeats HTTP requests, for every client of this program alike. One table has the limits:
// how long each kind of service is waited for, and how often it is asked again.
//
//	client := &http.Client{Transport: transport.New(transport.For(transport.GitHub)), CheckRedirect: transport.SameHost}
//
// A client with a transport of its own wraps it with Limit, and with a Retrier where requests may be sent twice. What
// takes too long ends with a *TimeoutError, which names the host and the limit; that is true of bodies, too.
package transport

import (
	"net/http"
	"sync/atomic"
	"time"
)

// Service is a kind of server that this program asks.
type Service int

const (
	// Registry is an image registry that manifests and blobs are read from.
	Registry Service = iota
	// RegistrySurvey is one that is asked about many images, and that may limit how many in a time.
	RegistrySurvey
	// RegistryUpload is one that they are written to.
	RegistryUpload
	// Cluster is a Kubernetes API server.
	Cluster
	// ClusterContact is the first contact with one: what cannot be reached is reported within seconds.
	ClusterContact
	// Cloud is an API of a cloud, and the issuer of the job's ID token.
	Cloud
	// CloudUpload is a cloud's object storage that files are written to.
	CloudUpload
	// GitHub is GitHub's API.
	GitHub
	// BuildKit is a BuildKit or a Docker engine; what it builds may take as long as the job may.
	BuildKit
)

// Limits are what one request may take. A limit of 0 is no limit.
type Limits struct {
	// Connect bounds the way to a connection: name, TCP, proxy and TLS.
	Connect time.Duration
	// Headers bounds the wait for the answer's headers. It begins anew with each piece of the request's body that is
	// sent.
	Headers time.Duration
	// Silence bounds each wait for a further byte of the answer's body. It counts only while somebody reads.
	Silence time.Duration
	// Total bounds one attempt with all of its answer. Where it is 0, the caller's context bounds the whole task.
	Total time.Duration

	// Size bounds the bytes of the answers that are read at the same time, which callers keep in memory, and which a
	// hostile server may send without end.
	Size int64
	// open counts those bytes, for all transports that have these limits.
	open *atomic.Int64

	// Attempts is how often a request is sent at most, the first time included; 0 is once.
	Attempts int
	// Pause comes before the second attempt; before each further one it is three times as long.
	Pause time.Duration
	// MaxPause is the longest Retry-After that is obeyed. A server that asks for more has its answer returned at once.
	MaxPause time.Duration
	// Patience is how long a request waits in all for a server that answers 429 to it, whatever Attempts and MaxPause are.
	Patience time.Duration

	// Stream reports requests whose answer may be silent, may last and may be as long as its reader likes, such as a
	// watch; nil is none.
	Stream func(*http.Request) bool
}

// table is the one place for all waits on a network. Reasons:
//   - Connect: TCP repeats a lost SYN after 1, 3 and 7 s, so 10 s lets three of them be lost.
//   - Registry: a read is answered from a cache or a disk.
//   - RegistrySurvey: registries limit requests by the minute, and some by six hours, which is not waited for.
//   - RegistryUpload: some registries hash a blob before they answer its last request.
//   - Cluster: the API server itself ends a request after 60 s (--request-timeout), and says so.
//     Its longest answer here is the list of all pods: 20,000 of 8 KB are 160 MB.
//   - GitHub asks for a minute of silence after too many writes; others ask for seconds.
var table = map[Service]Limits{
	Registry: {
		Connect: 10 * second, Headers: 10 * second, Silence: 10 * second,
		Attempts: 3, Pause: 300 * millisecond, MaxPause: 20 * second,
	},
	RegistrySurvey: {
		Connect: 10 * second, Headers: 10 * second, Silence: 10 * second,
		Attempts: 3, Pause: 300 * millisecond, MaxPause: 20 * second, Patience: 600 * second,
	},
	RegistryUpload: {
		Connect: 10 * second, Headers: 60 * second, Silence: 10 * second,
		Attempts: 3, Pause: 300 * millisecond, MaxPause: 20 * second,
	},
	Cluster: {
		Connect: 10 * second, Headers: 65 * second, Silence: 30 * second, Size: 256 * mebibyte, Stream: isStream,
		Attempts: 4, Pause: 100 * millisecond, MaxPause: 30 * second,
	},
	ClusterContact: {
		Connect: 10 * second, Headers: 10 * second, Silence: 10 * second, Total: 30 * second, Size: 64 * mebibyte,
		Attempts: 4, Pause: 100 * millisecond, MaxPause: 30 * second,
	},
	Cloud: {
		Connect: 10 * second, Headers: 30 * second, Silence: 10 * second, Total: 60 * second, Size: 16 * mebibyte,
		Attempts: 3, Pause: 500 * millisecond, MaxPause: 30 * second,
	},
	CloudUpload: {
		Connect: 10 * second, Headers: 60 * second, Silence: 10 * second, Size: 16 * mebibyte,
		Attempts: 3, Pause: 500 * millisecond, MaxPause: 30 * second,
	},
	GitHub: {
		Connect: 10 * second, Headers: 30 * second, Silence: 10 * second, Total: 120 * second, Size: 64 * mebibyte,
		Attempts: 4, Pause: 500 * millisecond, MaxPause: 120 * second,
	},
	BuildKit: {Connect: 10 * second, Headers: 20 * second, Attempts: 1},
}

const (
	second      = time.Second
	millisecond = time.Millisecond

	mebibyte = 1 << 20
)

// For returns the limits for a service, which all transports that are made with them keep to together.
func For(s Service) Limits {
	l := table[s]
	l.open = new(atomic.Int64)
	return l
}

// isStream recognises a watch and the log of a running container.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
func isStream(r *http.Request) bool {
	query := r.URL.Query()
	return isTrue(query.Get("watch")) || isTrue(query.Get("follow"))
}

func isTrue(s string) bool { return s == "true" || s == "1" }
