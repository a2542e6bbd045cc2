package explain

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resource"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/yamlnode"
)

// refusals is the HTTP transport of kustomize. It notes what it refuses.
type refusals struct {
	// Secure fetches over https; nil is where nothing is fetched. Plain HTTP never is, nor what it redirects to: whoever
	// is on the way could put manifests of their own into the deploy.
	Secure http.RoundTripper
	urls   []string
}

// RoundTrip implements http.RoundTripper.
func (r *refusals) RoundTrip(request *http.Request) (*http.Response, error) {
	if r.Secure != nil && request.URL.Scheme == "https" {
		return r.Secure.RoundTrip(request)
	}
	r.urls = append(r.urls, request.URL.Redacted())
	if request.Body != nil {
		_ = request.Body.Close()
	}
	return nil, errors.New("nothing is fetched")
}

// isRefusal reports whether an error of kustomize is that there is no git where there must be none.
func (e *Explainer) isRefusal(err error) bool {
	return !e.remoteFetch && strings.Contains(err.Error(), "no 'git' program on path")
}

// remoteError names the addresses in the files that were read, with their lines. It only explains: nothing was fetched,
// whether an address is found here or not.
func (e *Explainer) remoteError() error {
	var found []error
	if e.remoteFetch {
		for _, url := range slices.Compact(e.Refusals.urls) {
			found = append(found, fmt.Errorf("%s is fetched over plain HTTP, %s", e.lineOf(url), secureAdvice))
		}
		return errors.Join(found...)
	}
	for _, file := range e.files.Kustomizations {
		for _, doc := range yamlnode.Documents(file.Content) {
			for _, value := range remoteValues(doc) {
				found = append(found, fmt.Errorf("%s:%d: %s is remote, %s", file.Path, value.Line, redacted(value.Value),
					remoteAdvice))
			}
		}
	}
	if found != nil {
		return errors.Join(found...)
	}
	for _, url := range slices.Compact(e.Refusals.urls) {
		found = append(found, fmt.Errorf("%s is remote, %s", e.lineOf(url), remoteAdvice))
	}
	if found != nil {
		return errors.Join(found...)
	}
	return fmt.Errorf("%s: it asks for a git repository, which is remote, %s", e.path, remoteAdvice)
}

// lineOf is the line of a file that was read with an address in it, as "file:line: address". Where none has it as it
// was asked for, it is the root kustomization.
func (e *Explainer) lineOf(address string) string {
	for _, path := range e.files.WithAddress {
		content, err := e.files.AsShown(path)
		before, _, found := bytes.Cut(content, []byte(address))
		if err == nil && found {
			return fmt.Sprintf("%s:%d: %s", e.files.Display(path), 1+bytes.Count(before, []byte("\n")), address)
		}
	}
	return e.path + ": " + address
}

const remoteAdvice = "and nothing is fetched during a deploy; copy it into the repository and name the copy here, " +
	"or set the input remote-resources: true"

const secureAdvice = "on which anybody on the way could change it; name it by an address that begins with https, " +
	"or copy it into the repository"

// remoteValues are the texts in a file that kustomize would fetch, wherever they are.
func remoteValues(node *yaml.Node) []*yaml.Node {
	if node.Kind == yaml.ScalarNode && isRemote(node.Value) {
		return []*yaml.Node{node}
	}
	var found []*yaml.Node
	for _, child := range node.Content {
		found = append(found, remoteValues(child)...)
	}
	return found
}

// isRemote reports whether kustomize would take the text for an address: a URL of a file, or what it takes for a git
// repository. The key of "key=path" in a generator's files is no part of either.
func isRemote(value string) bool {
	if strings.ContainsAny(value, " \n") {
		return false
	}
	_, path, _ := strings.Cut(value, "=")
	for _, candidate := range []string{value, path} {
		if u, err := url.Parse(candidate); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
			return true
		}
		if (&resource.Origin{}).Append(candidate).Repo != "" {
			return true
		}
	}
	return false
}

// redacted hides the password of an address.
func redacted(address string) string {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		return u.Redacted()
	}
	return address
}
