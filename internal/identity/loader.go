package identity

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"k8s.io/client-go/tools/clientcmd"
)

// loader finds the kubeconfig. What may be a secret in place of a path is not quoted in an error.
func (o KubeconfigOptions) loader() (clientcmd.ClientConfig, error) {
	overrides := &clientcmd.ConfigOverrides{CurrentContext: o.Context}
	overrides.Context.Namespace = o.Namespace
	if o.encoded() {
		return nil, configError("the input kubeconfig is encoded as base64; give what `base64 --decode` makes of it")
	}
	if !o.inline() && !mayBePath(o.Path) {
		return nil, configError("the input kubeconfig is neither the path of a file nor what a kubeconfig contains; "+
			"it is not shown, since it may be a secret of %d bytes", len(o.Path))
	}
	if !o.inline() {
		if _, err := os.Stat(o.Path); o.Path != "" && errors.Is(err, fs.ErrNotExist) {
			return nil, configError("kubeconfig %q does not exist; give the path of the file with --kubeconfig", o.Path)
		}
		rules := &clientcmd.ClientConfigLoadingRules{ExplicitPath: o.Path, Precedence: o.Precedence}
		return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides), nil
	}
	file, err := clientcmd.Load([]byte(o.Path))
	if err != nil {
		return nil, configError("the input kubeconfig is more than a path, and no kubeconfig; give the path of the file, " +
			"or all of its content")
	}
	return clientcmd.NewNonInteractiveClientConfig(*file, o.Context, overrides, nil), nil
}

// mayBePath reports whether a text may be a path, and so may be shown. A kubeconfig, whole, encoded or cut off, is
// longer, or has other characters.
func mayBePath(text string) bool {
	const longest = 160
	strange := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune(`_./\~ @+,:-`, r)
	}
	return utf8.RuneCountInString(text) <= longest && !strings.ContainsFunc(text, strange)
}

// inline reports whether Path is a kubeconfig's content.
func (o KubeconfigOptions) inline() bool {
	return strings.ContainsRune(o.Path, '\n') || strings.HasPrefix(o.Path, "{")
}

// encoded reports whether Path is a kubeconfig's content, as other actions want it in a secret.
func (o KubeconfigOptions) encoded() bool {
	content, err := base64.StdEncoding.DecodeString(o.Path)
	return err == nil && bytes.Contains(content, []byte("clusters"))
}

// unusable says what the kubeconfig lacks, beside what client-go says of it.
func (o KubeconfigOptions) unusable(loader clientcmd.ClientConfig, err error) error {
	raw, _ := loader.RawConfig()
	names := slices.Sorted(maps.Keys(raw.Contexts))
	switch has := strings.Join(names, ", "); {
	case o.Context != "" && len(names) > 0 && raw.Contexts[o.Context] == nil:
		return configError("reading the kubeconfig: %w; set kube-context to one that it has: %s", err, has)
	case !clientcmd.IsEmptyConfig(err):
		return configError("reading the kubeconfig: %w", err)
	case len(names) > 0:
		return configError("the kubeconfig has no current context; set kube-context to one that it has: %s", has)
	case o.Path != "":
		return configError("the input kubeconfig names no cluster; give one with a cluster, a user and a context")
	}
	return configError("no cluster is configured: neither KUBECONFIG nor ~/.kube/config names one, and this is no pod " +
		"with a service account; give a kubeconfig with --kubeconfig, or set provider to aks or gke")
}
