package buildkit

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"

	"github.com/moby/buildkit/client"
	docker "github.com/moby/moby/client"

	"github.com/multiarch-deploy/multiarch-deploy/internal/build"
)

// engine opens the Docker engine that DOCKER_HOST names, or the socket that a container action gets.
func (b *Builder) engine(ctx context.Context) (*docker.Client, error) {
	host := cmp.Or(b.Getenv("DOCKER_HOST"), docker.DefaultDockerHost)
	options := []docker.Opt{docker.WithHost(host)}
	if dir := b.Getenv("DOCKER_CERT_PATH"); dir != "" {
		options = append(options, docker.WithTLSClientConfig(filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"),
			filepath.Join(dir, "key.pem")))
	}
	engine, err := docker.New(options...)
	if err != nil {
		return nil, fmt.Errorf("opening the Docker engine at %s: %w", host, err)
	}
	if _, err := engine.Ping(ctx, docker.PingOptions{}); err != nil {
		engine.Close()
		return nil, fmt.Errorf("no Docker engine answers at %s: %w\nStart one, set DOCKER_HOST, or name a BuildKit in the "+
			"builder input: tcp://HOST:PORT or unix://PATH", host, err)
	}
	return engine, nil
}

// auto is the engine's own BuildKit where that can build for several platforms, else a BuildKit container that is
// started for this run.
func (b *Builder) auto(ctx context.Context, specs []build.Spec) (*daemon, error) {
	engine, err := b.engine(ctx)
	if err != nil {
		return nil, err
	}
	info, err := engine.Info(ctx, docker.InfoOptions{})
	if err != nil {
		engine.Close()
		return nil, fmt.Errorf("asking the Docker engine what it can do: %w", err)
	}
	var d *daemon
	if keepsIndexes(info.Info.DriverStatus) {
		d, err = ownBuildKit(ctx, engine)
	} else {
		d, err = b.startContainer(ctx, engine, specs)
	}
	return owning(engine, d, err)
}

// keepsIndexes reports whether an engine's images live in containerd. Any other contains one platform of an image, so
// its BuildKit can't build more. https://docs.docker.com/engine/storage/containerd/
func keepsIndexes(driverStatus [][2]string) bool {
	return slices.Contains(driverStatus, [2]string{"driver-type", "io.containerd.snapshotter.v1"})
}

// ownBuildKit is the BuildKit inside the engine, which speaks on two paths of the engine's API.
func ownBuildKit(ctx context.Context, engine *docker.Client) (*daemon, error) {
	c, err := client.New(ctx, "", over(func(ctx context.Context) (net.Conn, error) {
		return engine.DialHijack(ctx, "/grpc", "h2c", nil)
	}))
	if err != nil {
		return nil, err
	}
	session := func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
		return engine.DialHijack(ctx, "/session", proto, meta)
	}
	// "moby" is the exporter that also shows the image to `docker images`.
	return &daemon{client: c, dial: session, exporter: "moby"}, nil
}

// owning has the engine closed with the daemon behind it, or at once when there is none.
func owning(engine *docker.Client, d *daemon, err error) (*daemon, error) {
	if err != nil {
		engine.Close()
		return nil, err
	}
	release := d.release
	d.release = func(ctx context.Context) error {
		defer engine.Close()
		if release == nil {
			return nil
		}
		return release(ctx)
	}
	return d, nil
}
