package main

import (
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// componentCommands are the parts of the control plane. "up" starts them as processes of their own, because each
// keeps global state and ends its process when it fails.
func componentCommands() []*cobra.Command {
	return []*cobra.Command{
		component("etcd", func(args []string) { etcdmain.Main(append([]string{"etcd"}, args...)) }),
		component("kube-apiserver", kubernetes(apiserver.NewAPIServerCommand)),
		component("kube-controller-manager", kubernetes(controllermanager.NewControllerManagerCommand)),
		component("kube-scheduler", kubernetes(func() *cobra.Command { return scheduler.NewSchedulerCommand() })),
	}
}

// component makes a hidden command that takes its flags as they are and ends with its standard input, so that it
// never outlives the process that started it.
func component(name string, run func(args []string)) *cobra.Command {
	return &cobra.Command{
		Use:                name,
		Hidden:             true,
		DisableFlagParsing: true,
		Run: func(cmd *cobra.Command, args []string) {
			go onEnd(cmd.InOrStdin(), func() { os.Exit(0) })
			run(args)
		},
	}
}

// kubernetes runs a component of Kubernetes as its own main function does.
func kubernetes(newCommand func() *cobra.Command) func(args []string) {
	return func(args []string) {
		cmd := newCommand()
		cmd.SetArgs(args)
		os.Exit(cli.Run(cmd))
	}
}
