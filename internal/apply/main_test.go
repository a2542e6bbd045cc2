package apply_test

import (
	"fmt"
	"os"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	localcluster "github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
)

// cluster is a real API server, started once for the package.
var cluster *rest.Config

// kubeconfig leads to it.
var kubeconfig string

func TestMain(m *testing.M) {
	os.Exit(localcluster.Main(m, localcluster.Options{}, func(c *localcluster.Cluster) {
		var err error
		kubeconfig = c.Kubeconfig
		if cluster, err = clientcmd.BuildConfigFromFlags("", kubeconfig); err != nil {
			panic(fmt.Sprintf("reading the local cluster's kubeconfig: %v", err))
		}
	}))
}
