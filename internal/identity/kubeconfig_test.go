package identity_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity"
)

// kubeconfig is a file with one context, named after its cluster.
func kubeconfig(t *testing.T, name, user string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	content := strings.ReplaceAll(`{apiVersion: v1, kind: Config, current-context: NAME,
clusters: [{name: NAME, cluster: {server: "https://NAME.example.com"}}],
contexts: [{name: NAME, context: {cluster: NAME, user: NAME, namespace: of-NAME}}],
users: [{name: NAME, user: USER}]}`, "NAME", name)
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(content, "USER", user)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const (
	token     = `{token: abc}`
	kubelogin = `{exec: {apiVersion: client.authentication.k8s.io/v1, command: /usr/local/bin/kubelogin, interactiveMode: Never}}`
	plugin    = `{exec: {apiVersion: client.authentication.k8s.io/v1, command: gke-gcloud-auth-plugin, interactiveMode: Never}}`
	other     = `{exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Never}}`
)

func TestKubeconfig(t *testing.T) {
	a, b := kubeconfig(t, "a", token), kubeconfig(t, "b", kubelogin)
	for _, test := range []struct {
		name string
		opts identity.KubeconfigOptions
		want []string // host and namespace
	}{
		{"file", identity.KubeconfigOptions{Path: a, Alone: true}, []string{"https://a.example.com", "of-a"}},
		{"list_takes_the_first_current_context", identity.KubeconfigOptions{Precedence: []string{"/no/such/file", a, b}},
			[]string{"https://a.example.com", "of-a"}},
		{"context_of_the_second_file", identity.KubeconfigOptions{Precedence: []string{a, b}, Context: "b"},
			[]string{"https://b.example.com", "of-b"}},
		{"what_a_file_holds", identity.KubeconfigOptions{Path: read(t, a), Precedence: []string{b}},
			[]string{"https://a.example.com", "of-a"}},
		{"namespace_of_what_a_file_holds", identity.KubeconfigOptions{Path: read(t, a), Namespace: "shop"},
			[]string{"https://a.example.com", "shop"}},
		{"namespace_given", identity.KubeconfigOptions{Path: a, Namespace: "shop"},
			[]string{"https://a.example.com", "shop"}},
		{"plugin_beside_a_command", identity.KubeconfigOptions{Path: b}, []string{"https://b.example.com", "of-b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			cluster, err := identity.Kubeconfig(test.opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, []string{cluster.Config.Host, cluster.Namespace}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestKubeconfig_that_is_a_secret_is_not_quoted(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte(read(t, kubeconfig(t, "hunter2", token))))
	for _, test := range []struct{ name, secret, want string }{
		{"no_kubeconfig", "apiVersion: v1\nkind: hunter2\n", "more than a path, and no kubeconfig"},
		{"json_without_a_context", `{"apiVersion": "v1", "kind": "Config", "users": [{"name": "hunter2"}]}`,
			"names no cluster"},
		{"encoded", encoded, "is encoded as base64"},
		{"encoded_and_cut_off", encoded[7 : len(encoded)/2], "neither the path of a file nor what a kubeconfig contains"},
		{"in_one_line", " {apiVersion: v1, kind: Config, users: [{name: hunter2, user: {token: hunter2}}]}",
			"neither the path of a file"},
		{"lines_of_an_old_mac", "apiVersion: v1\rkind: Config\rusers: [{name: hunter2}]", "neither the path of a file"},
		{"encoded_in_lines", encoded[:76] + "\n" + encoded[76:], "is encoded as base64"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := identity.Kubeconfig(identity.KubeconfigOptions{Path: test.secret})
			if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), test.secret) ||
				!strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestKubeconfig_plugins_in_a_container_action(t *testing.T) {
	for _, test := range []struct{ user, want string }{
		{kubelogin, "set provider to aks"},
		{plugin, "set provider to gke"},
		{other, `the program "aws", which a container action does not have beside it; give a kubeconfig with a token or a certificate`},
	} {
		_, err := identity.Kubeconfig(identity.KubeconfigOptions{Path: kubeconfig(t, "a", test.user), Alone: true})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}

func TestKubeconfig_nothing_to_go_by(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	for _, test := range []struct {
		opts identity.KubeconfigOptions
		want string
	}{
		{identity.KubeconfigOptions{}, "neither KUBECONFIG nor ~/.kube/config names one, and this is no pod with a service " +
			"account; give a kubeconfig"},
		{identity.KubeconfigOptions{Path: "/no/such/file"}, `kubeconfig "/no/such/file" does not exist`},
		{identity.KubeconfigOptions{Path: kubeconfig(t, "a", token), Context: "b"},
			`context "b" does not exist; set kube-context to one that it has: a`},
		{identity.KubeconfigOptions{Path: strings.ReplaceAll(read(t, kubeconfig(t, "a", token)), "current-context: a,", "")},
			"has no current context; set kube-context to one that it has: a"},
	} {
		if _, err := identity.Kubeconfig(test.opts); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}

func TestKubeconfig_names_the_program_that_it_runs(t *testing.T) {
	var said string
	opts := identity.KubeconfigOptions{
		Path: kubeconfig(t, "a", other),
		Say:  func(format string, args ...any) { said += fmt.Sprintf(format, args...) },
	}
	if _, err := identity.Kubeconfig(opts); err != nil || said != `The kubeconfig runs the program "aws" to get a token` {
		t.Errorf("error %v, said %q", err, said)
	}
	opts.Exec = identity.ExecForbid
	want := `the kubeconfig runs the program "aws" to get a token, which kubeconfig-exec forbids; ` +
		"give a kubeconfig with a token or a certificate, or set kubeconfig-exec to allow"
	if _, err := identity.Kubeconfig(opts); err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestKubeconfig_keeps_a_password_out_of_the_address(t *testing.T) {
	for _, test := range []struct{ name, server, host, err string }{
		{"password", "https://admin:hunter2@a.example.com:6443/k", "https://a.example.com:6443/k", ""},
		{"no_scheme", "admin:hunter2@a.example.com", "https://a.example.com", ""},
		{"broken", "https://admin:hunter2@a.exa mple.com", "", "the server's address in the kubeconfig can't be read; it " +
			"should look like https://HOST:PORT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := strings.ReplaceAll(read(t, kubeconfig(t, "a", "{}")), "https://a.example.com", test.server)
			cluster, err := identity.Kubeconfig(identity.KubeconfigOptions{Path: file})
			if err != nil {
				if err.Error() != test.err {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			got := []string{cluster.Config.Host, cluster.Config.Username, cluster.Config.Password}
			if diff := cmp.Diff([]string{test.host, "admin", "hunter2"}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	err := error(&identity.ConfigError{Err: errors.New(`parse "https://admin:hun ter2@a": no; see socks5://b:hunter2@proxy ` +
		`or "http://b:a hunter2/c@d@proxy"`)})
	if strings.Contains(err.Error(), "ter2") {
		t.Errorf("error %v", err)
	}
}
