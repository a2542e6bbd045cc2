package identity

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// ExecPolicy says whether a kubeconfig may run a program to get a token.
type ExecPolicy string

// ExecAllow runs it, and says so; ExecForbid is an error.
const (
	ExecAllow  ExecPolicy = "allow"
	ExecForbid ExecPolicy = "forbid"
)

// KubeconfigOptions says which kubeconfig to read.
type KubeconfigOptions struct {
	// Path is the file, or, in several lines or as JSON, its content: a secret of a repository is no file. "" takes
	// Precedence instead.
	Path string
	// Precedence are the files that kubectl would merge: those of KUBECONFIG, or ~/.kube/config.
	Precedence []string
	// Context is the context's name; "" takes the current one.
	Context string
	// Namespace overrides the context's namespace; "" keeps it.
	Namespace string
	// Exec says what becomes of a kubeconfig that gets its token from another program.
	Exec ExecPolicy
	// Say reports which program a kubeconfig runs; nil reports to nobody.
	Say func(format string, args ...any)
	// Alone: there are no programs beside this one that could get a token, as in a container action.
	Alone bool
}

// ConfigError means that a kubeconfig can't be used as it is: the user has to change an input.
type ConfigError struct{ Err error }

// Error says what is wrong and what to do. It shows no password of an address.
func (e *ConfigError) Error() string { return passwords.ReplaceAllString(e.Err.Error(), "$1:***@") }

// passwords finds the password in an address, be it well formed or not.
var passwords = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s/"':@]*):[^"'\n]*@`)

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.Err }

// Kubeconfig reads a kubeconfig. Without one, in a pod of the cluster, it takes the pod's service account, whose token
// is read again as the kubelet renews it (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/). Its
// error is a *ConfigError. The returned config has no client-side rate limit: the API server's own priority and
// fairness decides.
func Kubeconfig(opts KubeconfigOptions) (Cluster, error) {
	loader, err := opts.loader()
	if err != nil {
		return Cluster{}, err
	}
	config, err := loader.ClientConfig()
	if err != nil {
		return Cluster{}, opts.unusable(loader, err)
	}
	if config.ExecProvider != nil {
		if err := opts.exec(config.ExecProvider.Command); err != nil {
			return Cluster{}, err
		}
	}
	if err := withoutPassword(config); err != nil {
		return Cluster{}, err
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return Cluster{}, configError("reading the kubeconfig: %w", err)
	}
	return Cluster{Config: tuned(config), Namespace: namespace, Advice: kubeconfigAdvice()}, nil
}

// exec says which program the kubeconfig runs, or refuses it.
func (o KubeconfigOptions) exec(program string) error {
	switch {
	case o.Exec == ExecForbid:
		return configError("the kubeconfig runs the program %q to get a token, which kubeconfig-exec forbids; "+
			"give a kubeconfig with a token or a certificate, or set kubeconfig-exec to allow", program)
	case o.Alone:
		return noPlugins(program)
	case o.Say != nil:
		o.Say("The kubeconfig runs the program %q to get a token", program)
	}
	return nil
}

// withoutPassword moves a password in the server's address to where the request gets it from, since the address is
// shown in errors and summaries.
func withoutPassword(config *rest.Config) error {
	if !strings.Contains(config.Host, "@") {
		return nil
	}
	scheme, rest, found := strings.Cut(config.Host, "://")
	if !found {
		scheme, rest = "https", config.Host
	}
	server, err := url.Parse(scheme + "://" + rest)
	if err != nil || server.User == nil {
		return configError("the server's address in the kubeconfig can't be read; it should look like https://HOST:PORT")
	}
	if config.Username == "" {
		config.Username = server.User.Username()
		config.Password, _ = server.User.Password()
	}
	server.User = nil
	config.Host = server.String()
	return nil
}

// noPlugins refuses a kubeconfig that gets its token from another program.
func noPlugins(program string) error {
	advice := "give a kubeconfig with a token or a certificate, or run this program as a step's command, where the " +
		"other one is installed"
	switch filepath.Base(program) {
	case "kubelogin":
		advice = "set provider to aks, which needs no kubeconfig and no kubelogin"
	case "gke-gcloud-auth-plugin":
		advice = "set provider to gke, which needs no kubeconfig and no plugin"
	}
	return configError("the kubeconfig gets its token from the program %q, which a container action does not have "+
		"beside it; %s", program, advice)
}

// tuned lifts the client-side rate limit, since the API server's own priority and fairness decides, and bounds each
// request by the table of all time-outs. client-go itself sends requests again.
func tuned(config *rest.Config) *rest.Config {
	limits := transport.For(transport.Cluster)
	config.QPS = -1
	config.Dial = (&net.Dialer{Timeout: limits.Connect}).DialContext
	config.Wrap(func(inner http.RoundTripper) http.RoundTripper {
		return transport.Scrub(transport.Limit(inner, limits))
	})
	return rest.AddUserAgent(config, "multiarch-deploy")
}

func configError(format string, args ...any) error {
	return &ConfigError{Err: fmt.Errorf(format, args...)}
}

// kubeconfigAdvice names no cloud: the file may lead to any cluster.
func kubeconfigAdvice() Advice {
	return Advice{
		Unreachable: "check the address in the kubeconfig, and that this machine may connect to it",
		Unauthorized: "the cluster does not know these credentials: they may have expired; sign in again or give another " +
			"kube-context",
		Forbidden: "grant these credentials the roles of docs/rbac.yaml",
	}
}
