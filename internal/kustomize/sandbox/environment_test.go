package sandbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEnvironment(t *testing.T) {
	all := []string{"PATH=/bin", "HOME=/h", "INPUT_GITHUB-TOKEN=t", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=t", "TMPDIR=/t",
		"HTTPS_PROXY=p", "no_proxy=n", "AWS_SECRET=x", "GITHUB_TOKEN=t", "GH_TOKEN=t", "KUBECONFIG=k", "MY_PASSWORD=x",
		"GIT_SSH_COMMAND=ssh -i k", "GIT_CONFIG_KEY_0=http.extraHeader", "GIT_DIR=/x", "SSL_CERT_FILE=c", "DOCKER_CONFIG=d"}
	if diff := cmp.Diff([]string{"TMPDIR=/t"}, Environment(all, false)); diff != "" {
		t.Errorf("where nothing is fetched: %s", diff)
	}
	want := []string{"PATH=/bin", "HOME=/h", "TMPDIR=/t", "HTTPS_PROXY=p", "no_proxy=n", "GIT_SSH_COMMAND=ssh -i k",
		"GIT_CONFIG_KEY_0=http.extraHeader", "SSL_CERT_FILE=c"}
	if diff := cmp.Diff(want, Environment(all, true)); diff != "" {
		t.Errorf("where git fetches: %s", diff)
	}
}
