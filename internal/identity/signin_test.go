package identity_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
)

// thirdCloud is a cloud that this program does not know: all that package identity needs to know of one is here.
type thirdCloud struct{ refusal error }

func (thirdCloud) Provider() identity.Provider { return "third" }

func (thirdCloud) Keychain() authn.Keychain { return thirdKeychain{} }

func (thirdCloud) Grant(repository string, push bool) string {
	if !push || !strings.HasPrefix(repository, "registry.third.example/") {
		return ""
	}
	return "third grant " + repository
}

func (c thirdCloud) Cluster(context.Context) (*rest.Config, error) {
	return &rest.Config{Host: "https://cluster.third.example"}, c.refusal
}

func (thirdCloud) Pools(context.Context) ([]pool.Pool, error) { return nil, nil }

func (thirdCloud) Advice() identity.Advice {
	return identity.Advice{Unreachable: "open the third firewall"}
}

type thirdKeychain struct{}

func (thirdKeychain) Resolve(resource authn.Resource) (authn.Authenticator, error) {
	if resource.RegistryStr() != "registry.third.example" {
		return authn.Anonymous, nil
	}
	return authn.FromConfig(authn.AuthConfig{Username: "third"}), nil
}

func TestSignIn_finds_the_cluster_of_the_provider_among_the_clouds(t *testing.T) {
	refusal := errors.New("no role")
	for _, test := range []struct {
		name string
		opts identity.Options
		want []string // host, namespace and advice
		err  string
	}{
		{"of_the_cloud", identity.Options{Provider: "third", NeedsCluster: true, Clouds: []identity.Cloud{thirdCloud{}}},
			[]string{"https://cluster.third.example", "default", "open the third firewall"}, ""},
		{"namespace_given", identity.Options{Provider: "third", NeedsCluster: true, Namespace: "shop",
			Clouds: []identity.Cloud{thirdCloud{}}},
			[]string{"https://cluster.third.example", "shop", "open the third firewall"}, ""},
		{"refused", identity.Options{Provider: "third", NeedsCluster: true, Clouds: []identity.Cloud{thirdCloud{refusal}}},
			nil, "no role"},
		{"no_such_cloud", identity.Options{Provider: "gke", NeedsCluster: true, Clouds: []identity.Cloud{thirdCloud{}}}, nil,
			`provider "gke": the inputs sign in to no such cloud`},
		{"no_cluster_needed", identity.Options{Provider: "third", Clouds: []identity.Cloud{thirdCloud{refusal}}}, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			session, err := identity.SignIn(t.Context(), test.opts)
			var got []string
			if session.Cluster.Config != nil {
				got = []string{session.Cluster.Config.Host, session.Cluster.Namespace, session.Cluster.Advice.Unreachable}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}

func TestSignIn_asks_each_cloud_for_its_own_registries(t *testing.T) {
	session, err := identity.SignIn(t.Context(), identity.Options{Clouds: []identity.Cloud{thirdCloud{}}})
	if err != nil {
		t.Fatal(err)
	}
	for registry, want := range map[string]string{"registry.third.example": "third", "registry.example.com": ""} {
		repository, err := name.NewRepository(registry + "/shop")
		if err != nil {
			t.Fatal(err)
		}
		authenticator, err := session.Keychain.Resolve(repository)
		if err != nil {
			t.Fatal(err)
		}
		config, err := authenticator.Authorization()
		if err != nil || config.Username != want {
			t.Errorf("%s: %+v, %v", registry, config, err)
		}
	}
	if got := session.Grant("registry.third.example/shop", true); got != "third grant registry.third.example/shop" {
		t.Errorf("grant %q", got)
	}
	if got := session.Grant("registry.example.com/shop", true); got != "" {
		t.Errorf("grant %q for another registry", got)
	}
}
