package main
import (
	_ "github.com/multiarch-deploy/multiarch-deploy/internal/object"
	_ "github.com/spf13/cobra"
	_ "github.com/google/go-cmp/cmp"
	_ "sigs.k8s.io/yaml"
	_ "k8s.io/client-go/kubernetes"
	"os"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	sched "k8s.io/kubernetes/cmd/kube-scheduler/app"
	"go.etcd.io/etcd/server/v3/etcdmain"
	_ "github.com/google/go-containerregistry/pkg/registry"
	_ "github.com/google/go-containerregistry/pkg/v1/remote"
)
func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "etcd": etcdmain.Main(os.Args[1:])
		case "kube-apiserver": c := apiserver.NewAPIServerCommand(); c.SetArgs(os.Args[2:]); os.Exit(cli.Run(c))
		case "kube-controller-manager": c := kcm.NewControllerManagerCommand(); c.SetArgs(os.Args[2:]); os.Exit(cli.Run(c))
		case "kube-scheduler": c := sched.NewSchedulerCommand(); c.SetArgs(os.Args[2:]); os.Exit(cli.Run(c))
		}
	}
}
