// Package controlplane runs a Kubernetes control plane on loopback: etcd, kube-apiserver, kube-controller-manager and
// kube-scheduler, the real ones, each a process of its own.
package controlplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
)

// Loopback is the address that this machine alone reaches.
var Loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// Options configure Start.
type Options struct {
	// Executable is a program that becomes a component when its first argument names one, as localcluster does.
	Executable string
	// Dir is an empty directory, readable by its owner alone, for keys, logs and the store. The caller removes it
	// after Stop.
	Dir string
	// Address is where the API server listens, an address of this machine.
	Address netip.Addr
	// AuthenticationConfig is a file that says which issuers' tokens let users in, besides the cluster's own
	// certificates; empty for none.
	// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
	AuthenticationConfig string
}

// ControlPlane is a control plane that runs.
type ControlPlane struct {
	// Kubeconfig is a cluster administrator's, self-contained.
	Kubeconfig []byte
	// Config is the same as a client configuration, without client-side throttling.
	Config *rest.Config
	// KubeletTLS is what kubelets of this cluster serve on 127.0.0.1 with: the API server trusts it, and it
	// admits the API server alone.
	KubeletTLS *tls.Config

	options   Options
	processes []*process
}

// Start returns when the API server is ready and the other components are started. The error of a component that
// ends too early holds the last lines it wrote. Call Stop after an error too: some components may run.
func Start(ctx context.Context, opts Options) (*ControlPlane, error) {
	c := &ControlPlane{options: opts}
	port, err := freePort(opts.Address)
	if err != nil {
		return c, err
	}
	server := netip.AddrPortFrom(opts.Address, uint16(port))
	if err := c.sign(server); err != nil {
		return c, err
	}
	authentication, err := absolute(opts.AuthenticationConfig)
	if err != nil {
		return c, err
	}
	for _, step := range []struct {
		component string
		flags     []string
		ready     func(context.Context) error
	}{
		{etcd, etcdFlags(), c.storeOpen},
		{apiServer, apiServerFlags(server, authentication), c.apiReady},
		{controllerManager, controllerManagerFlags(), started},
		{scheduler, schedulerFlags(), started},
	} {
		p, err := start(opts.Executable, opts.Dir, step.component, step.flags)
		if err != nil {
			return c, err
		}
		c.processes = append(c.processes, p)
		if err := p.waitFor(ctx, step.ready); err != nil {
			return c, err
		}
	}
	return c, nil
}

// absolute is the path of a file as components see it, which run in a directory of their own.
func absolute(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return "", fmt.Errorf("finding %q: %w", file, err)
	}
	return path, nil
}

// Wait returns nil when ctx ends, or an error as soon as a component does.
func (c *ControlPlane) Wait(ctx context.Context) error {
	ended := make(chan *process, len(c.processes))
	for _, p := range c.processes {
		go func() {
			select {
			case <-p.done:
				ended <- p
			case <-ctx.Done():
			}
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case p := <-ended:
		return p.died()
	}
}

// Stop ends the components, the last started first, and returns when all are gone.
func (c *ControlPlane) Stop() {
	for _, p := range slices.Backward(c.processes) {
		p.stop()
	}
}

// sign makes the credentials of an API server.
func (c *ControlPlane) sign(server netip.AddrPort) error {
	credentials, err := newCredentials(server)
	if err != nil {
		return err
	}
	if err := credentials.write(c.options.Dir); err != nil {
		return err
	}
	if c.Kubeconfig, c.Config, err = credentials.admin(); err != nil {
		return err
	}
	c.KubeletTLS, err = credentials.kubeletTLS()
	return err
}

// storeOpen succeeds once etcd listens.
func (c *ControlPlane) storeOpen(context.Context) error {
	_, err := os.Stat(filepath.Join(c.options.Dir, etcdSocket))
	return err
}

// apiReady succeeds once the API server says so: its own roles and namespaces exist by then.
// https://kubernetes.io/docs/reference/using-api/health-checks/
func (c *ControlPlane) apiReady(ctx context.Context) error {
	client, err := discovery.NewDiscoveryClientForConfig(c.Config)
	if err != nil {
		return err
	}
	return client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
}

// started asks nothing more of a component than to run.
func started(context.Context) error { return nil }

// readyTimeout and probeInterval bound the wait for one component.
const (
	readyTimeout  = 2 * time.Minute
	probeInterval = 25 * time.Millisecond
)

// waitFor asks ready again and again until it succeeds.
func (p *process) waitFor(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout, errors.New("it took too long"))
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.died()
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w: %w; its last lines:\n%s", p.name, context.Cause(ctx), err, p.tail(15))
		case <-time.After(probeInterval):
		}
	}
}
