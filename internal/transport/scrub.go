package transport

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
)

// Scrub returns a transport that takes the credentials of a request out of a refusal of it, and out of its warnings: a
// server, or a proxy before it, may echo them, and what a server says ends up in logs and reports.
func Scrub(inner http.RoundTripper) http.RoundTripper { return &scrubber{inner} }

type scrubber struct{ inner http.RoundTripper }

// WrappedRoundTripper lets client-go find the transport below.
func (s *scrubber) WrappedRoundTripper() http.RoundTripper { return s.inner }

// refusalLimit is how much of a refusal is read, in bytes; the rest is dropped.
const refusalLimit = 1 << 20

// RoundTrip implements http.RoundTripper.
func (s *scrubber) RoundTrip(request *http.Request) (*http.Response, error) {
	request, fields, err := form(request)
	if err != nil {
		return nil, err
	}
	secrets := credentials(request, fields)
	response, err := s.inner.RoundTrip(request)
	if err != nil || len(secrets) == 0 {
		return response, err
	}
	for name, values := range response.Header {
		if name == "Warning" || response.StatusCode >= http.StatusBadRequest {
			for i, value := range values {
				values[i] = hide(value, secrets)
			}
		}
	}
	if response.StatusCode < http.StatusBadRequest {
		return response, nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, refusalLimit))
	scrubbed := []byte(hide(string(body), secrets))
	response.Body = &scrubbedBody{Reader: io.MultiReader(bytes.NewReader(scrubbed), failing{err}), Closer: response.Body}
	if response.ContentLength >= 0 {
		response.ContentLength = int64(len(scrubbed))
		response.Header.Set("Content-Length", strconv.Itoa(len(scrubbed)))
	}
	return response, nil
}

type scrubbedBody struct {
	io.Reader
	io.Closer
}

// failing ends a body as the one that it replaces did.
type failing struct{ err error }

// Read implements io.Reader.
func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// shortest is how long a value must be to be hidden, in bytes; shorter ones occur in any text.
const shortest = 6

// credentials are the secrets that a request carries, the longest first: in its headers, in its address, and, where it
// asks for a token, in its form.
func credentials(request *http.Request, fields url.Values) []string {
	var list []string
	for _, name := range []string{"Authorization", "Proxy-Authorization", "X-Registry-Auth"} {
		for _, value := range request.Header.Values(name) {
			scheme, secret, _ := strings.Cut(value, " ")
			list = append(list, secret)
			if decoded, err := base64.StdEncoding.DecodeString(secret); err == nil && strings.EqualFold(scheme, "Basic") {
				_, password, _ := strings.Cut(string(decoded), ":")
				list = append(list, password)
			}
		}
	}
	if password, given := request.URL.User.Password(); given {
		list = append(list, password)
	}
	for name, values := range fields {
		if isSecret(name) {
			list = append(list, values...)
		}
	}
	list = slices.DeleteFunc(list, func(secret string) bool { return len(secret) < shortest })
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	return list
}

// isSecret knows the fields of https://www.rfc-editor.org/rfc/rfc6749, rfc7523 and rfc8693 that carry credentials.
func isSecret(field string) bool {
	switch field {
	case "password", "client_secret", "client_assertion", "assertion", "access_token", "refresh_token", "subject_token",
		"actor_token", "code":
		return true
	}
	return false
}

// form reads the form in the body of a request, where it has one, and returns the request with its body as it was.
func form(request *http.Request) (*http.Request, url.Values, error) {
	isForm := strings.HasPrefix(request.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	if !isForm || request.Body == nil || request.ContentLength <= 0 || request.ContentLength > refusalLimit {
		return request, nil, nil
	}
	content, err := io.ReadAll(request.Body)
	if err = errors.Join(err, request.Body.Close()); err != nil {
		return nil, nil, err
	}
	request = request.WithContext(request.Context()) // a RoundTripper may not change the one that it is given
	request.Body = io.NopCloser(bytes.NewReader(content))
	values, _ := url.ParseQuery(string(content)) // what can't be read is no field
	return request, values, nil
}

// hide replaces secrets in a text, in each form that a server may quote them in.
func hide(text string, secrets []string) string {
	for _, secret := range secrets {
		for _, form := range redact.Forms(secret) {
			text = strings.ReplaceAll(text, form, "***")
		}
	}
	return text
}
