package buildkit

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/moby/buildkit/client"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// dial opens the way to a BuildKit. It may still turn out that nobody is there.
func (b *Builder) dial(ctx context.Context, endpoint build.Endpoint, specs []build.Spec) (*daemon, error) {
	scheme, rest, _ := strings.Cut(endpoint.Address, "://")
	switch scheme {
	case "unix":
		return connected(ctx, endpoint.Address)
	case "tcp":
		options, err := encryption(endpoint)
		if err != nil {
			return nil, err
		}
		return connected(ctx, endpoint.Address, options...)
	case "docker-container":
		return b.inContainer(ctx, rest)
	case "auto":
		return b.auto(ctx, specs)
	default:
		return nil, fmt.Errorf("this is not one of auto, docker-container://NAME, tcp://HOST:PORT and unix://PATH")
	}
}

// connected is a BuildKit that is not part of a Docker engine.
func connected(ctx context.Context, address string, options ...client.ClientOpt) (*daemon, error) {
	c, err := client.New(ctx, address, options...)
	if err != nil {
		return nil, err
	}
	return &daemon{client: c, dial: c.Dialer(), exporter: client.ExporterImage}, nil
}

// over returns the option to speak with BuildKit over connections that dial opens.
func over(dial func(context.Context) (net.Conn, error)) client.ClientOpt {
	return client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return dial(ctx) })
}

// encryption returns the options for TLS where the endpoint names any of its files or the server, and none where it
// names nothing, as buildx's remote driver does.
func encryption(endpoint build.Endpoint) ([]client.ClientOpt, error) {
	if endpoint.CACert+endpoint.Cert+endpoint.Key+endpoint.ServerName == "" {
		return nil, nil
	}
	if (endpoint.Cert == "") != (endpoint.Key == "") {
		return nil, fmt.Errorf("cert and key go together; only one of them was given")
	}
	address, err := url.Parse(endpoint.Address)
	if err != nil {
		return nil, err
	}
	server := cmp.Or(endpoint.ServerName, address.Hostname())
	options := []client.ClientOpt{client.WithServerConfigSystem(server)}
	if endpoint.CACert != "" {
		options = []client.ClientOpt{client.WithServerConfig(server, endpoint.CACert)}
	}
	if endpoint.Cert != "" {
		options = append(options, client.WithCredentials(endpoint.Cert, endpoint.Key))
	}
	return options, nil
}
