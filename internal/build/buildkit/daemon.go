package buildkit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/containerd/platforms"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"golang.org/x/sync/errgroup"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
	"github.com/multiarch-deploy/multiarch-deploy/internal/registry"
	"github.com/multiarch-deploy/multiarch-deploy/internal/transport"
)

// daemon is a BuildKit that answers.
type daemon struct {
	endpoint build.Endpoint
	client   *client.Client
	// dial opens the line for a session.
	dial     session.Dialer
	keychain authn.Keychain
	// secrets are what it was given of the keychain.
	secrets registry.Secrets
	// exporter is what this BuildKit calls the exporter that pushes images.
	exporter string
	// native is the platform of its machine, and offered are those whose programs it can run.
	native  string
	offered []string
	// release gives back what was started for it.
	release func(context.Context) error

	mu       sync.Mutex
	sessions map[string]line
}

// connect opens all endpoints, or none.
func (b *Builder) connect(ctx context.Context, specs []build.Spec) ([]*daemon, error) {
	daemons := make([]*daemon, len(b.Endpoints))
	group, groupContext := errgroup.WithContext(ctx)
	for i, endpoint := range b.Endpoints {
		group.Go(func() (err error) {
			if daemons[i], err = b.open(groupContext, endpoint, specs); err != nil {
				return fmt.Errorf("builder %s: %w", endpoint.Address, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(err, closeAll(ctx, daemons))
	}
	return daemons, nil
}

func (b *Builder) open(ctx context.Context, endpoint build.Endpoint, specs []build.Spec) (*daemon, error) {
	d, err := b.dial(ctx, endpoint, specs)
	if err != nil {
		return nil, err
	}
	d.endpoint, d.keychain, d.sessions = endpoint, b.Keychain, map[string]line{}
	if err := d.greet(ctx); err != nil {
		return nil, errors.Join(err, d.close(ctx))
	}
	return d, nil
}

// greet asks the daemon what it can run, and so finds out whether it answers at all.
func (d *daemon) greet(ctx context.Context) error {
	limit := transport.For(transport.BuildKit).Headers
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %s", limit))
	defer cancel()
	workers, err := d.client.ListWorkers(ctx)
	if err != nil {
		return fmt.Errorf("BuildKit does not answer: %w\n%s", errors.Join(err, context.Cause(ctx)), d.hint())
	}
	for _, worker := range workers {
		for _, platform := range worker.Platforms {
			d.offered = append(d.offered, platforms.Format(platforms.Normalize(platform)))
		}
	}
	if len(d.offered) == 0 {
		return errors.New("this BuildKit has no worker to build with; look at its log")
	}
	d.native = d.offered[0]
	return nil
}

// hint is where to look when there is no answer.
func (d *daemon) hint() string {
	switch scheme, _, _ := strings.Cut(d.endpoint.Address, "://"); scheme {
	case "tcp":
		return "Check that it listens there, that this machine may reach it, and that cacert, cert and key are those that " +
			"it asks for"
	case "unix":
		return "Check that it runs on this machine, and that its socket is mounted here"
	default:
		return "Look at the log of its container: docker logs"
	}
}

// session returns the session that serves spec, and opens it when it is the first to need it.
func (d *daemon) session(spec build.Spec) (*session.Session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := sessionKey(spec.Dockerfile)
	if open, ok := d.sessions[key]; ok {
		return open.Session, nil
	}
	s, err := openSession(d.dial, credentials(d.keychain, &d.secrets), spec.Dockerfile)
	if err != nil {
		return nil, err
	}
	d.sessions[key] = s
	return s.Session, nil
}

// closeAll closes the daemons that were opened. It goes on after an interrupt, so that no container is left behind.
func closeAll(ctx context.Context, daemons []*daemon) error {
	var errs []error
	for _, d := range daemons {
		if d != nil {
			errs = append(errs, d.close(ctx))
		}
	}
	return errors.Join(errs...)
}

func (d *daemon) close(ctx context.Context) error {
	patience := transport.For(transport.BuildKit).Headers
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	var errs []error
	for _, s := range d.sessions {
		errs = append(errs, s.close(patience))
	}
	errs = append(errs, d.client.Close())
	if d.release != nil {
		errs = append(errs, d.release(ctx))
	}
	return errors.Join(errs...)
}
