package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-base/version"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/preset"
)

const upHelp = `Runs a cluster until it is interrupted, and leaves nothing behind.

When the API serves and every node is Ready it prints "ready" on standard output; before that, with --registry,
"registry HOST:PORT". Progress goes to standard error. Exit status: 0 when interrupted, 1 when something failed.`

// up holds the flags of the command.
type up struct {
	preset, nodes, kubeconfig, address, registry, authentication string
	exitWithStdin                                                bool
}

func upCommand() *cobra.Command {
	var flags up
	cmd := &cobra.Command{
		Use:   "up --kubeconfig FILE",
		Short: "Run a cluster until interrupted",
		Long:  upHelp,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set := cmd.Flags()
	set.StringVar(&flags.preset, "preset", "aks", "nodes like those of a cloud: aks (one amd64, one arm64) or gke "+
		"(three and three, arm64 tainted)")
	set.StringVar(&flags.nodes, "nodes", "", "YAML `FILE` with node pools, in place of the preset's nodes")
	set.StringVar(&flags.kubeconfig, "kubeconfig", "", "write a cluster administrator's kubeconfig to this `FILE`; "+
		"removed at the end (required)")
	set.StringVar(&flags.address, "address", "127.0.0.1", "serve the API at this `IP` address of the machine, as "+
		"containers and others on its network need")
	set.StringVar(&flags.registry, "registry", "", "serve an OCI registry at `HOST:PORT`, such as 127.0.0.1:5000; port "+
		"0 takes a free one")
	set.StringVar(&flags.authentication, "authentication-config", "",
		"let users in by the tokens of other issuers, as this `FILE` for kube-apiserver says")
	set.BoolVar(&flags.exitWithStdin, "exit-with-stdin", false,
		"stop when standard input ends, so that the cluster never outlives its caller")
	cobra.CheckErr(cmd.MarkFlagRequired("kubeconfig"))
	cobra.CheckErr(set.MarkHidden("exit-with-stdin"))
	return cmd
}

// run runs the cluster; lines for programs go to stdout, those for people to stderr.
func (u up) run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	nodes, err := u.listNodes()
	if err != nil {
		return err
	}
	address, err := netip.ParseAddr(u.address)
	if err != nil {
		return fmt.Errorf("--address: %w; give an IP address of this machine", err)
	}
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program's own file: %w", err)
	}
	if u.exitWithStdin {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		go onEnd(stdin, cancel)
	}
	return cluster.Run(ctx, cluster.Options{
		Executable: executable,
		Nodes:      nodes,
		Kubeconfig: u.kubeconfig,
		Address:    address,
		Registry:   u.registry,

		AuthenticationConfig: u.authentication,

		Log: func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) },
		Ready: func(running cluster.Running) {
			if running.Registry != "" {
				fmt.Fprintln(stdout, "registry", running.Registry)
			}
			fmt.Fprintln(stdout, "ready")
		},
	})
}

func (u up) listNodes() ([]corev1.Node, error) {
	kubernetesVersion := version.Get().GitVersion
	if u.nodes != "" {
		return preset.File(u.nodes, kubernetesVersion)
	}
	return preset.Named(u.preset, kubernetesVersion)
}

// onEnd calls do once nothing more can be read from input.
func onEnd(input io.Reader, do func()) {
	_, _ = io.Copy(io.Discard, input)
	do()
}
