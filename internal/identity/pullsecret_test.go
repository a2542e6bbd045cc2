package identity_test

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
)

func TestPullSecret(t *testing.T) {
	secret := parsed(t, `{"auths": {
		"ghcr.io": {"username": "all", "password": "secret-1"},
		"ghcr.io/acme/shop": {"username": "shop", "password": "secret-2"},
		"*.example.com": {"username": "star", "password": "secret-3"},
		"https://index.docker.io/v1/": {"auth": "aHViOnNlY3JldC00"}}}`)
	for _, test := range []struct{ name, registry, repository, want string }{
		{"registry", "ghcr.io", "other/app", "all"},
		{"longest_path", "ghcr.io", "acme/shop/cart", "shop"},
		{"path_ends_at_a_slash", "ghcr.io", "acme/shopping", "all"},
		{"glob", "eu.example.com", "app", "star"},
		{"glob_is_no_suffix", "example.com", "app", ""},
		{"docker_hub", "index.docker.io", "library/nginx", "hub"},
		{"another_registry", "quay.io", "app", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			login, ok := secret.For(test.registry, test.repository)
			got := ""
			if ok {
				config, err := authn.Authorization(t.Context(), login)
				if err != nil {
					t.Fatal(err)
				}
				got = config.Username
			}
			if got != test.want {
				t.Errorf("login of %q, want %q", got, test.want)
			}
		})
	}
	if list := strings.Join(secret.Secrets(), " "); !strings.Contains(list, "secret-3") {
		t.Errorf("secrets %q lack one", list)
	}
}

func parsed(t *testing.T, config string) identity.PullSecret {
	t.Helper()
	secret, err := identity.ParsePullSecret(&corev1.Secret{Data: map[string][]byte{
		corev1.DockerConfigJsonKey: []byte(config)}})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestParsePullSecret_shows_nothing_of_what_it_can_not_read(t *testing.T) {
	_, err := identity.ParsePullSecret(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "pull"},
		Data: map[string][]byte{corev1.DockerConfigJsonKey: []byte(`{"auths": "hunter2"`)}})
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "shop/pull") {
		t.Errorf("%v, want an error that names the Secret alone", err)
	}
}
