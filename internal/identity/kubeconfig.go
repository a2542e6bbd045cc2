package identity

import (
	"fmt"
	"net"
	"net/http"
	"path/filepath"

	"k8s.io/client-go/rest"

	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// KubeconfigOptions says which kubeconfig to read.
type KubeconfigOptions struct {
	// Path is the file, or, in several lines or as JSON, what it holds: a secret of a repository is no file. "" takes
	// Precedence instead.
	Path string
	// Precedence are the files that kubectl would merge: those of KUBECONFIG, or ~/.kube/config.
	Precedence []string
	// Context is the context's name; "" takes the current one.
	Context string
	// Namespace overrides the context's namespace; "" keeps it.
	Namespace string
	// Alone: no programs stand beside this one that could get a token, as in a container action.
	Alone bool
}

// ConfigError means that a kubeconfig can't be used as it is: the user has to change an input.
type ConfigError struct{ Err error }

// Error says what is wrong and what to do.
func (e *ConfigError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.Err }

// Kubeconfig reads a kubeconfig. Without one, in a pod of the cluster, it takes the pod's service account, whose token is
// read again as the kubelet renews it (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/). Its error
// is a *ConfigError. The returned config has no client-side rate limit: the API server's own priority and fairness
// decides.
func Kubeconfig(opts KubeconfigOptions) (Cluster, error) {
	loader, err := opts.loader()
	if err != nil {
		return Cluster{}, err
	}
	config, err := loader.ClientConfig()
	if err != nil {
		return Cluster{}, opts.unusable(loader, err)
	}
	if opts.Alone && config.ExecProvider != nil {
		return Cluster{}, noPlugins(config.ExecProvider.Command)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return Cluster{}, configError("reading the kubeconfig: %w", err)
	}
	return Cluster{Config: tuned(config), Namespace: namespace, Advice: kubeconfigAdvice()}, nil
}

// noPlugins refuses a kubeconfig that gets its token from another program.
func noPlugins(program string) error {
	advice := "give a kubeconfig with a token or a certificate, or run this program as a step's command, where the other one is installed"
	switch filepath.Base(program) {
	case "kubelogin":
		advice = "set provider to aks, which needs no kubeconfig and no kubelogin"
	case "gke-gcloud-auth-plugin":
		advice = "set provider to gke, which needs no kubeconfig and no plugin"
	}
	return configError("the kubeconfig gets its token from the program %q, which a container action does not have beside it; %s", program, advice)
}

// tuned lifts the client-side rate limit, since the API server's own priority and fairness decides, and bounds each
// request by the table of all time-outs. client-go itself sends requests again.
func tuned(config *rest.Config) *rest.Config {
	limits := transport.For(transport.Cluster)
	config.QPS = -1
	config.Dial = (&net.Dialer{Timeout: limits.Connect}).DialContext
	config.Wrap(func(inner http.RoundTripper) http.RoundTripper { return transport.Limit(inner, limits) })
	return rest.AddUserAgent(config, "multiarch-deploy")
}

func configError(format string, args ...any) error {
	return &ConfigError{Err: fmt.Errorf(format, args...)}
}

// kubeconfigAdvice names no cloud: the file may lead to any cluster.
func kubeconfigAdvice() Advice {
	return Advice{
		Unreachable:  "check the address in the kubeconfig, and that this machine may connect to it",
		Unauthorized: "the cluster does not know these credentials: they may have expired; sign in again or give another kube-context",
		Forbidden:    "grant these credentials the roles of docs/rbac.yaml",
	}
}
