// Command localcluster runs a Kubernetes cluster with amd64 and arm64 nodes on this machine: the real control plane,
// stand-ins for the nodes' kubelets, and an OCI registry. It needs no root, no container engine and no network.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run()) }

func run() int {
	// Signals stay caught to the end: callers such as timeout and make deliver one twice, and the second would
	// otherwise end the program amid its clean-up, which is bounded in time.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{
		Use:           "localcluster",
		Short:         "A mixed-architecture Kubernetes cluster on this machine",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(upCommand(), joinCommand())
	root.AddCommand(componentCommands()...)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "localcluster:", err)
		return 1
	}
	return 0
}
