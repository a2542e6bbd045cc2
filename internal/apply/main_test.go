package apply_test

import (
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

// server is the API server that the package's tests share, a real one.
func server(t testing.TB) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", cluster.Shared(t, cluster.Options{}).Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	return config
}
