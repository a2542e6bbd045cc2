package azure

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
)

// Keychain signs in to the environment's container registries, each when it is first used, and again before its
// token ends. What it brings is a refresh token, which clients trade for access tokens
// (https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md).
func (a *Account) Keychain() authn.Keychain {
	return &keychain{account: a, registries: map[string]*federation.Credential{}}
}

type keychain struct {
	account *Account

	mu         sync.Mutex
	registries map[string]*federation.Credential
}

// Resolve implements authn.Keychain.
func (k *keychain) Resolve(resource authn.Resource) (authn.Authenticator, error) {
	return k.ResolveContext(context.Background(), resource)
}

// ResolveContext implements authn.ContextKeychain.
func (k *keychain) ResolveContext(ctx context.Context, resource authn.Resource) (authn.Authenticator, error) {
	host := resource.RegistryStr()
	if !k.account.cloud.hasRegistry(host) {
		return authn.Anonymous, nil
	}
	token, err := k.registry(host).Token(ctx)
	if err != nil {
		return nil, err
	}
	return authn.FromConfig(authn.AuthConfig{IdentityToken: token}), nil
}

func (k *keychain) registry(host string) *federation.Credential {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.registries[host] == nil {
		k.registries[host] = federation.NewCredential(func(ctx context.Context) (federation.Token, error) {
			return k.account.exchange(ctx, host)
		})
	}
	return k.registries[host]
}

// exchange trades an Entra token for a registry's refresh token, which lives for some hours.
func (a *Account) exchange(ctx context.Context, host string) (federation.Token, error) {
	entra, err := a.token(ctx, registryScope)
	if err != nil {
		return federation.Token{}, err
	}
	form := url.Values{"grant_type": {"access_token"}, "service": {host}, "tenant": {a.options.TenantID},
		"access_token": {entra.Value}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+host+"/oauth2/exchange",
		strings.NewReader(form.Encode()))
	if err != nil {
		return federation.Token{}, fmt.Errorf("exchanging the Entra token: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := a.job.Retrying(federation.AnyRequest).Do(request)
	if err != nil {
		return federation.Token{}, fmt.Errorf("exchanging the Entra token: %w; check the registry's name, and whether it "+
			"admits this runner's network", err)
	}
	defer response.Body.Close()
	return a.readExchange(response)
}

func (a *Account) readExchange(response *http.Response) (federation.Token, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	var answer struct {
		RefreshToken string `json:"refresh_token"`
		Errors       []struct{ Code, Message string }
	}
	_ = json.Unmarshal(body, &answer) // an answer that is no JSON has no token
	a.job.Mask(answer.RefreshToken)
	switch {
	case err != nil:
		return federation.Token{}, fmt.Errorf("exchanging the Entra token: %w", err)
	case len(answer.Errors) > 0:
		return federation.Token{}, fmt.Errorf("exchanging the Entra token: %s: %s\nThe registry has to be in a "+
			"subscription of tenant %s, and the identity needs a role in it. %s",
			answer.Errors[0].Code, answer.Errors[0].Message, a.options.TenantID, a.Grant(response.Request.URL.Host, false))
	case answer.RefreshToken == "":
		return federation.Token{}, fmt.Errorf("exchanging the Entra token: the registry answers %s and no "+
			"token", response.Status)
	}
	return federation.Token{Value: answer.RefreshToken, Expires: federation.Expiry(answer.RefreshToken, time.Hour)}, nil
}
