// Package cluster puts a local cluster together: control plane, nodes, load balancers and registry.
package cluster

import (
	"context"
	"fmt"
	"net/netip"
	"os"

	corev1 "k8s.io/api/core/v1"

	"golang.org/x/sync/errgroup"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/controlplane"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/kubelet"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/loadbalancer"
	"github.com/multiarch-deploy/multiarch-deploy/cmd/localcluster/internal/registry"
)

// Options describe a cluster.
type Options struct {
	// Executable becomes a component of the control plane when its first argument names one.
	Executable string
	// Nodes are all the nodes of the cluster.
	Nodes []corev1.Node
	// Kubeconfig is where the kubeconfig is written, and removed from at the end.
	Kubeconfig string
	// Address is where the API server listens, an address of this machine.
	Address netip.Addr
	// Registry is where the registry listens, host:port; port 0 takes a free one. Empty for no registry.
	Registry string
	// AuthenticationConfig is a file for kube-apiserver's flag of that name, or empty.
	AuthenticationConfig string
	// Ready is called once, when the API serves and every node is Ready.
	Ready func(Running)
	// Log receives a line for each step and for each thing that goes wrong.
	Log func(format string, args ...any)
}

// Running is what only a running cluster knows.
type Running struct {
	// Registry is the registry's address, host:port; empty without one.
	Registry string
}

// Run runs the cluster until ctx ends, which is no error, or until a part of it fails. It leaves no process and no
// file behind.
func Run(ctx context.Context, opts Options) error {
	config, err := newKubeconfigFile(opts.Kubeconfig)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "localcluster-")
	if err != nil {
		return fmt.Errorf("making the cluster's directory: %w", err)
	}
	defer os.RemoveAll(dir)
	group, groupCtx := errgroup.WithContext(ctx)
	running := Running{}
	if opts.Registry != "" {
		images, err := registry.Listen(opts.Registry, dir)
		if err != nil {
			return err
		}
		running.Registry = images.Address
		group.Go(func() error { return images.Serve(groupCtx) })
	}
	group.Go(func() error { return serve(groupCtx, opts, config, dir, running) })
	return group.Wait()
}

// serve runs the control plane, and what needs it, until ctx ends or a part fails.
func serve(ctx context.Context, opts Options, config *kubeconfigFile, dir string, running Running) error {
	opts.Log("starting the control plane")
	plane, err := controlplane.Start(ctx, controlplane.Options{
		Executable:           opts.Executable,
		Dir:                  dir,
		Address:              opts.Address,
		AuthenticationConfig: opts.AuthenticationConfig,
	})
	defer plane.Stop()
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return plane.Wait(ctx) })
	group.Go(func() error { return loadbalancer.Run(ctx, plane.Config, opts.Log) })
	group.Go(func() error {
		return kubelet.Run(ctx, kubelet.Options{
			Config: plane.Config, Nodes: opts.Nodes, TLS: plane.KubeletTLS, PlainRegistry: running.Registry, Log: opts.Log,
		})
	})
	group.Go(func() error { return announce(ctx, opts, config, plane, running) })
	defer config.remove()
	return group.Wait()
}

// announce writes the kubeconfig and says that the cluster is ready, as soon as it is.
func announce(ctx context.Context, opts Options, config *kubeconfigFile, plane *controlplane.ControlPlane,
	running Running) error {
	opts.Log("waiting for %d node(s)", len(opts.Nodes))
	if err := waitReady(ctx, plane.Config, len(opts.Nodes)); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	if err := config.write(plane.Kubeconfig); err != nil {
		return err
	}
	opts.Ready(running)
	return nil
}
