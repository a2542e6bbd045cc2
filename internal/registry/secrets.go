package registry

import (
	"cmp"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
)

// Secrets are credentials and tokens that were sent to registries. A registry may echo them, in an error for example,
// and no text of ours is to show them. The zero Secrets has none; it is safe for concurrent use.
type Secrets struct {
	mu   sync.Mutex
	list []string // the longest first
}

const (
	// shortest is the least length of a secret that is looked for: a shorter one would blank out ordinary words.
	shortest = 4
	// maxSecrets bounds what a registry that gives a new token to each request can fill.
	maxSecrets = 4096
	hidden     = "***"
)

// Add notes a secret, in each form that a registry may quote it in.
func (s *Secrets) Add(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, form := range redact.Forms(secret) {
		if len(form) < shortest || len(s.list) >= maxSecrets {
			continue
		}
		at, found := slices.BinarySearchFunc(s.list, form, longestFirst)
		if !found {
			s.list = slices.Insert(s.list, at, form)
		}
	}
}

func longestFirst(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) }

// AddConfig notes what is secret of credentials.
func (s *Secrets) AddConfig(config *authn.AuthConfig) {
	for _, secret := range []string{config.Password, config.Auth, config.IdentityToken, config.RegistryToken} {
		s.Add(secret)
	}
}

// Hide replaces every secret in a text.
func (s *Secrets) Hide(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range s.list {
		text = strings.ReplaceAll(text, secret, hidden)
	}
	return text
}

// listener notes the secrets of the requests that it carries: tokens are made on the way.
type listener struct {
	inner   http.RoundTripper
	secrets *Secrets
}

// RoundTrip implements http.RoundTripper.
func (l *listener) RoundTrip(request *http.Request) (*http.Response, error) {
	if _, credentials, ok := strings.Cut(request.Header.Get("Authorization"), " "); ok {
		l.secrets.Add(credentials)
	}
	if user := request.URL.User; user != nil {
		password, _ := user.Password()
		l.secrets.Add(password)
	}
	l.form(request)
	return l.inner.RoundTrip(request)
}

// form notes what a request for a token has in its form.
func (l *listener) form(request *http.Request) {
	if request.GetBody == nil || request.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return
	}
	body, err := request.GetBody()
	if err != nil {
		return
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, 64<<10))
	if err != nil {
		return
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return
	}
	l.secrets.Add(form.Get("refresh_token"))
	l.secrets.Add(form.Get("password"))
}
