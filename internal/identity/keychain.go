package identity

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/authn"
)

// Keychain returns the registry credentials of a run. A user name given as input goes to the registries named and to no
// other; everything else comes from the Docker config file, or is anonymous.
func Keychain(username, password string, registries []string) authn.Keychain {
	if username == "" {
		return authn.DefaultKeychain
	}
	given := staticKeychain{
		registries: registries,
		credential: authn.FromConfig(authn.AuthConfig{Username: username, Password: password}),
	}
	return authn.NewMultiKeychain(given, authn.DefaultKeychain)
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
