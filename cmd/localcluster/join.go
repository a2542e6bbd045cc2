package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"k8s.io/component-base/version"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/preset"
)

const joinHelp = `Adds nodes to a cluster that "up" runs, as a new node pool would, and returns when they are Ready.

They stay until the cluster ends. Exit status: 0 when all nodes are Ready, 1 when something failed.`

// join holds the flags of the command.
type join struct{ nodes, kubeconfig string }

func joinCommand() *cobra.Command {
	var flags join
	cmd := &cobra.Command{
		Use:   "join --kubeconfig FILE --nodes FILE",
		Short: "Add nodes to a running cluster",
		Long:  joinHelp,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	set := cmd.Flags()
	set.StringVar(&flags.nodes, "nodes", "", "YAML `FILE` with the node pools to add (required)")
	set.StringVar(&flags.kubeconfig, "kubeconfig", "", "the `FILE` that \"up\" has written (required)")
	cobra.CheckErr(cmd.MarkFlagRequired("nodes"))
	cobra.CheckErr(cmd.MarkFlagRequired("kubeconfig"))
	return cmd
}

func (j join) run(ctx context.Context, stdout io.Writer) error {
	nodes, err := preset.File(j.nodes, version.Get().GitVersion)
	if err != nil {
		return err
	}
	if err := cluster.Join(ctx, j.kubeconfig, nodes); err != nil {
		return err
	}
	for i := range nodes {
		fmt.Fprintf(stdout, "%s is Ready\n", nodes[i].Name)
	}
	return nil
}
