package identity

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	corev1 "k8s.io/api/core/v1"
)

// PullSecret is what an image pull secret of a cluster signs in to.
type PullSecret struct{ entries []pullEntry }

type pullEntry struct {
	host, path string // host may have * in it
	config     authn.AuthConfig
}

// ParsePullSecret reads an image pull secret as the kubelet does
// (https://kubernetes.io/docs/concepts/containers/images/#config-json). Its error shows nothing of the secret.
func ParsePullSecret(secret *corev1.Secret) (PullSecret, error) {
	var file struct {
		Auths map[string]authn.AuthConfig `json:"auths"`
	}
	var err error
	switch {
	case len(secret.Data[corev1.DockerConfigJsonKey]) > 0:
		err = json.Unmarshal(secret.Data[corev1.DockerConfigJsonKey], &file)
	case len(secret.Data[corev1.DockerConfigKey]) > 0:
		err = json.Unmarshal(secret.Data[corev1.DockerConfigKey], &file.Auths)
	default:
		err = fmt.Errorf("no key %s", corev1.DockerConfigJsonKey)
	}
	if err != nil {
		return PullSecret{}, fmt.Errorf("the Secret %s/%s is no image pull secret that can be read; make it with kubectl "+
			"create secret docker-registry", secret.Namespace, secret.Name)
	}
	var s PullSecret
	for key, config := range file.Auths {
		host, below := splitKey(key)
		s.entries = append(s.entries, pullEntry{host, below, config})
	}
	slices.SortFunc(s.entries, func(a, b pullEntry) int { // the more exact ones first
		return strings.Compare(b.host+"/"+b.path, a.host+"/"+a.path)
	})
	return s, nil
}

// splitKey takes the key of an entry apart: "https://index.docker.io/v1/" is Docker Hub as docker login writes it.
func splitKey(key string) (host, below string) {
	key = strings.TrimPrefix(strings.TrimPrefix(key, "https://"), "http://")
	host, below, _ = strings.Cut(key, "/")
	below = strings.Trim(below, "/")
	if below == "v1" || below == "v2" {
		below = ""
	}
	if host == "docker.io" || host == "registry-1.docker.io" {
		host = "index.docker.io"
	}
	return host, below
}

// For returns the credentials for a repository; ok is false where the secret has none.
func (s PullSecret) For(registry, repository string) (auth authn.Authenticator, ok bool) {
	for _, e := range s.entries {
		matches, err := path.Match(e.host, registry)
		if err == nil && matches && (e.path == "" || repository == e.path || strings.HasPrefix(repository, e.path+"/")) {
			return authn.FromConfig(e.config), true
		}
	}
	return nil, false
}

// Secrets are what no text may show.
func (s PullSecret) Secrets() (list []string) {
	for _, e := range s.entries {
		list = append(list, e.config.Password, e.config.Auth, e.config.IdentityToken, e.config.RegistryToken)
	}
	return slices.DeleteFunc(list, func(secret string) bool { return secret == "" })
}
