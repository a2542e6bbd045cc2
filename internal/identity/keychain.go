package identity

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/authn"
)

// Registries are the registries that a user name and a password were given for as inputs. They go to no other.
type Registries struct {
	Username, Password string
	Hosts              []string
}

// keychain knows the registries named; any other is anonymous to it.
func (r Registries) keychain() authn.Keychain {
	if r.Username == "" {
		return authn.NewMultiKeychain()
	}
	return staticKeychain{
		registries: r.Hosts,
		credential: authn.FromConfig(authn.AuthConfig{Username: r.Username, Password: r.Password}),
	}
}

type staticKeychain struct {
	registries []string
	credential authn.Authenticator
}

// Resolve implements authn.Keychain.
func (k staticKeychain) Resolve(resource authn.Resource) (authn.Authenticator, error) {
	if slices.Contains(k.registries, resource.RegistryStr()) {
		return k.credential, nil
	}
	return authn.Anonymous, nil
}
