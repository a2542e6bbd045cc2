package azure_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/azure"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	azuretest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/azure"
)

// world is a job and the Azure that it meets.
type world struct {
	cloud *cloudtest.Cloud
	azure *azuretest.Azure
	opts  azure.Options
	// patience is short, for set-ups that stay wrong.
	patience federation.Patience
	log      bytes.Buffer
	said     []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	cloud := cloudtest.Start(t)
	w := &world{cloud: cloud, azure: azuretest.New(cloud),
		patience: federation.Patience{For: 100 * time.Millisecond, Every: 50 * time.Millisecond}}
	w.azure.Cluster.Server = "https://shop-dns-0a1b2c3d.hcp.westeurope.azmk8s.io:443"
	w.azure.Cluster.PublicServer = "https://shop-public.hcp.westeurope.azmk8s.io:443"
	w.azure.Cluster.CA = cloud.CA
	w.opts = azure.Options{
		ClientID: w.azure.ClientID, TenantID: w.azure.TenantID,
		Cluster: w.azure.Cluster.Name, SubscriptionID: w.azure.SubscriptionID, ResourceGroup: w.azure.ResourceGroup,
	}
	return w
}

// delay makes Entra learn of the federated credential only after some requests, which the job waits for.
func (w *world) delay(requests int) {
	w.azure.Delay(requests)
	w.patience = federation.Patience{For: time.Minute, Every: 10 * time.Millisecond}
}

// account signs in as a job on a runner does.
func (w *world) account() *azure.Account {
	env := w.cloud.Env()
	env["GITHUB_ACTIONS"] = "true"
	r := runner.New(&w.log, func(name string) string { return env[name] }).WithHTTP(w.cloud.Client())
	return azure.New(w.opts, federation.Job{
		IDToken:  r.IDToken,
		Mask:     r.Mask,
		Say:      func(format string, _ ...any) { w.said = append(w.said, format) },
		HTTP:     w.cloud.Client(),
		Patience: w.patience,
	})
}

func TestCluster(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*world)
		host   string
	}{
		{"by_name", func(*world) {}, "https://shop-dns-0a1b2c3d.hcp.westeurope.azmk8s.io:443"},
		{"by_resource_id", func(w *world) {
			w.opts.Cluster, w.opts.SubscriptionID, w.opts.ResourceGroup = w.azure.ClusterID(), "", ""
		}, "https://shop-dns-0a1b2c3d.hcp.westeurope.azmk8s.io:443"},
		{"public_address_of_a_private_cluster", func(w *world) { w.opts.Endpoint = "public" },
			"https://shop-public.hcp.westeurope.azmk8s.io:443"},
		{"federated_credential_made_a_moment_ago", func(w *world) { w.delay(2) },
			"https://shop-dns-0a1b2c3d.hcp.westeurope.azmk8s.io:443"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			test.change(w)
			config, err := w.account().Cluster(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if config.Host != test.host || !bytes.Equal(config.CAData, w.cloud.CA) || config.WrapTransport == nil {
				t.Errorf("host %s, CA %d bytes, token %t", config.Host, len(config.CAData), config.WrapTransport != nil)
			}
			if w.azure.Minted(azuretest.AKSServer) != 1 {
				t.Errorf("%d tokens for the cluster; one is enough", w.azure.Minted(azuretest.AKSServer))
			}
			w.checkMasked(t)
		})
	}
}

func TestSovereign_clouds(t *testing.T) {
	for _, test := range []struct{ environment, entra, arm, audience, suffix string }{
		{"usgovernment", "login.microsoftonline.us", "management.usgovcloudapi.net", "api://AzureADTokenExchangeUSGov",
			".azurecr.us"},
		{"china", "login.chinacloudapi.cn", "management.chinacloudapi.cn", "api://AzureADTokenExchangeChina", ".azurecr.cn"},
	} {
		t.Run(test.environment, func(t *testing.T) {
			w := newWorld(t)
			w.opts.Environment = azure.Environment(test.environment)
			w.azure.Secede(test.entra, test.arm, test.audience, test.suffix)
			account := w.account()
			if _, err := account.Cluster(t.Context()); err != nil {
				t.Error(err)
			}
			registry, err := name.NewRegistry(w.azure.Registry)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := authn.Resolve(t.Context(), account.Keychain(), registry); err != nil || got == authn.Anonymous {
				t.Errorf("%s: %v, %v", registry, got, err)
			}
		})
	}
}

// TestCluster_without_Entra hands out the administrator's certificate, which is a secret.
func TestCluster_without_Entra(t *testing.T) {
	w := newWorld(t)
	w.azure.Cluster.Certificate, w.azure.Cluster.Key = []byte("a certificate"), []byte("a secret key")
	config, err := w.account().Cluster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if string(config.CertData) != "a certificate" || string(config.KeyData) != "a secret key" ||
		config.WrapTransport != nil {
		t.Errorf("certificate %q, key %q", config.CertData, config.KeyData)
	}
	if !strings.Contains(w.log.String(), "::add-mask::a secret key\n") {
		t.Errorf("the key is not masked:\n%s", &w.log)
	}
	if w.azure.Minted(azuretest.AKSServer) != 0 {
		t.Error("a cluster without Entra takes no token")
	}
}

// checkMasked: each token that the job was given is masked.
func (w *world) checkMasked(t *testing.T) {
	t.Helper()
	masked := w.log.String()
	for _, secret := range w.cloud.Secrets() {
		if strings.Count(secret, ".") == 2 && !strings.Contains(masked, "::add-mask::"+secret+"\n") {
			t.Errorf("not masked: %s", secret)
		}
	}
}

func TestCluster_wrong_set_ups(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*world)
		want   []string
	}{
		{"subject", func(w *world) { w.azure.Federation.Subject = "repo:octo-org/octo-repo:ref:refs/heads/main" }, []string{
			"AADSTS700213: No matching federated identity record found for presented assertion subject " +
				"'repo:octo-org/octo-repo:environment:production'",
			"    iss: https://token.actions.githubusercontent.com\n    sub: repo:octo-org/octo-repo:environment:production\n  " +
				"  aud: api://AzureADTokenExchange\n",
			`az ad app federated-credential create --id af3110ba-0ba9-4412-b1a0-59f50b7e9273 --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://token.actions.githubusercontent.com","name":"github","subject":"repo:octo-org/octo-repo:environment:production"}'`,
		}},
		{"capitals", func(w *world) { w.azure.Federation.Subject = "repo:Octo-Org/octo-repo:environment:production" },
			[]string{
				"AADSTS7002138: ", "az ad app federated-credential create", "capitals count",
			}},
		{"audience", func(w *world) { w.azure.Federation.Audience = "api://AzureADTokenExchangeChina" }, []string{
			"AADSTS700212: ", "'api://AzureADTokenExchange'", "aud: api://AzureADTokenExchange\n",
		}},
		{"issuer", func(w *world) { w.azure.Federation.Issuer = "https://ghes.example.com/_services/token" }, []string{
			"AADSTS700211: ", "iss: https://token.actions.githubusercontent.com\n",
		}},
		{"client", func(w *world) { w.opts.ClientID = "4ecd6548-e33b-4b9d-9986-bd3c22986c66" }, []string{
			"AADSTS700016: ", `azure-client-id "4ecd6548-e33b-4b9d-9986-bd3c22986c66" is not known in tenant`,
			"not the object ID",
		}},
		{"tenant", func(w *world) { w.opts.TenantID = "00000000-1111-2222-3333-444444444444" }, []string{
			"AADSTS90002: ", `There is no tenant "00000000-1111-2222-3333-444444444444" in Azure environment "public"`,
		}},
		{"clock", func(w *world) { w.cloud.GitHub.Skew = -time.Hour }, []string{
			"AADSTS700024: ", "A clock is wrong: by Entra it is ", " GMT, on this runner ",
		}},
		{"no_service_principal_of_aks", func(w *world) { w.azure.Refusals[azuretest.AKSServer] = 500011 }, []string{
			"AADSTS500011: ", "az ad sp create --id 6dae42f8-4368-4678-94ff-3960e28e3630",
		}},
		{"assignment_required", func(w *world) { w.azure.Refusals[azuretest.AKSServer] = 501051 }, []string{
			"AADSTS501051: ", "switches Assignment required off",
		}},
		{"consent", func(w *world) { w.azure.Refusals[azuretest.AKSServer] = 65001 }, []string{
			"AADSTS65001: ", "az ad app permission admin-consent --id af3110ba-0ba9-4412-b1a0-59f50b7e9273",
		}},
		{"application_disabled", func(w *world) { w.azure.Refusals[azuretest.AKSServer] = 7000112 }, []string{
			"AADSTS7000112: ", "is disabled in the tenant",
		}},
		{"role", func(w *world) { w.azure.ClusterUser = false }, []string{
			"AuthorizationFailed: The client 'af3110ba-", "/managedClusters/shop: Azure Resource Manager refuses",
			`az role assignment create --role "Azure Kubernetes Service Cluster User Role" --assignee af3110ba-0ba9-4412-b1a0-59f50b7e9273 --scope /subscriptions/0b1f6471`,
		}},
		{"cluster", func(w *world) { w.opts.Cluster = "shopp" },
			[]string{"ResourceNotFound", `Check cluster "shopp"`, "az aks list"}},
		{"resource_group", func(w *world) { w.opts.ResourceGroup = "shopp" },
			[]string{"ResourceGroupNotFound", `Check resource-group "shopp"`}},
		{"subscription", func(w *world) { w.opts.SubscriptionID = "00000000-1111-2222-3333-444444444444" }, []string{
			"SubscriptionNotFound", `Check azure-subscription-id "00000000-1111-2222-3333-444444444444"`,
		}},
		{"entra_unreachable", func(w *world) { w.cloud.Handle("login.microsoftonline.com", nil) }, []string{
			"signing in to Microsoft Entra: ", "check that this machine may connect to https://login.microsoftonline.com/",
		}},
		{"resource_id", func(w *world) { w.opts.Cluster = "/subscriptions" },
			[]string{`cluster "/subscriptions" is no resource ID`, "az aks show --query id"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			test.change(w)
			_, err := w.account().Cluster(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in:\n%s", want, err)
				}
			}
			w.checkSafe(t, err)
		})
	}
}

// checkSafe: an error holds no token.
func (w *world) checkSafe(t *testing.T, err error) {
	t.Helper()
	for _, secret := range w.cloud.Secrets() {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error holds %s", secret)
		}
	}
}

func TestCluster_says_why_it_waits(t *testing.T) {
	w := newWorld(t)
	w.delay(1)
	if _, err := w.account().Cluster(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.said) != 1 || !strings.Contains(w.said[0], "takes a while to be known everywhere") {
		t.Errorf("it says %q", w.said)
	}
}

func TestKeychain(t *testing.T) {
	w := newWorld(t)
	keychain := w.account().Keychain()
	ref, err := name.ParseReference(w.azure.Registry + "/app:v1")
	if err != nil {
		t.Fatal(err)
	}
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	options := []remote.Option{remote.WithTransport(w.cloud.Client().Transport), remote.WithContext(t.Context())}
	if err := remote.Write(ref, image, options...); err == nil {
		t.Fatal("the registry lets anyone in")
	}
	options = append(options, remote.WithAuthFromKeychain(keychain))
	if err := remote.Write(ref, image, options...); err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Get(ref, options...); err != nil {
		t.Fatal(err)
	}
	if minted := w.azure.Minted("https://containerregistry.azure.net"); minted != 1 {
		t.Errorf("%d Entra tokens for one registry", minted)
	}
	w.checkMaskedBut(t)
}

// checkMaskedBut passes over the registry's access tokens, which the registry client gets for itself and keeps.
func (w *world) checkMaskedBut(t *testing.T) {
	t.Helper()
	if strings.Count(w.log.String(), "::add-mask::ey") != 3 {
		t.Errorf("masked are not the ID token, the Entra token and the refresh token:\n%s", &w.log)
	}
}

func TestKeychain_wrong_set_ups(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*world)
		host   string
		want   string
	}{
		{"another_tenants_registry", func(w *world) { w.azure.RegistryTenant = "another" }, "shop.azurecr.io",
			"exchanging the Entra token: UNAUTHORIZED: authentication required, visit https://aka.ms/acr/authorization for " +
				"more information.\nThe registry has to be in a subscription of tenant 72f988bf-"},
		{"no_role", func(w *world) { w.azure.RegistryRole = "" }, "shop.azurecr.io",
			"az role assignment create --role AcrPull --assignee af3110ba-0ba9-4412-b1a0-59f50b7e9273 --scope $(az acr show " +
				"--name shop --query id --output tsv)"},
		{"no_such_registry", func(*world) {}, "shopp.azurecr.io",
			`exchanging the Entra token: Post "https://shopp.azurecr.io/oauth2/exchange": `},
		{"no_trust", func(w *world) { w.azure.Federation.Subject = "repo:a/b" }, "shop.azurecr.io", "AADSTS700213: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			test.change(w)
			registry, err := name.NewRegistry(test.host)
			if err != nil {
				t.Fatal(err)
			}
			_, err = authn.Resolve(t.Context(), w.account().Keychain(), registry)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			w.checkSafe(t, err)
		})
	}
}

func TestKeychain_other_registries_get_nothing(t *testing.T) {
	w := newWorld(t)
	for _, host := range []string{"ghcr.io", "shop.azurecr.io.example.com", "shop.azurecr.us"} {
		registry, err := name.NewRegistry(host)
		if err != nil {
			t.Fatal(err)
		}
		got, err := authn.Resolve(t.Context(), w.account().Keychain(), registry)
		if err != nil || got != authn.Anonymous {
			t.Errorf("%s: %v, %v", host, got, err)
		}
	}
	if asked := w.cloud.GitHub.Asked(); len(asked) > 0 {
		t.Errorf("tokens were asked for: %v", asked)
	}
}

func TestCluster_needs_id_token_write(t *testing.T) {
	w := newWorld(t)
	r := runner.New(&w.log, func(string) string { return "" })
	account := azure.New(w.opts, federation.Job{IDToken: r.IDToken, Mask: r.Mask, HTTP: w.cloud.Client()})
	_, err := account.Cluster(context.Background())
	if err == nil || !strings.Contains(err.Error(), "permissions:\n      id-token: write") {
		t.Errorf("error %v", err)
	}
	var refusal *azure.EntraError
	if errors.As(err, &refusal) {
		t.Error("Entra was asked without a token")
	}
}
