// Package registry serves an OCI registry on loopback that anyone there may read and write.
package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

// Registry is a registry whose port is open; Serve makes it answer.
type Registry struct {
	// Address is where it listens, host:port.
	Address string

	listener net.Listener
	dir      string
}

// Listen opens the registry's port. Port 0 of address takes a free one. Blobs will be kept in dir, manifests in memory.
func Listen(address, dir string) (*Registry, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("opening the registry's port: %w; give another one to --registry, or 127.0.0.1:0 for any "+
			"free one", err)
	}
	return &Registry{Address: listener.Addr().String(), listener: listener, dir: dir}, nil
}

// Serve answers until ctx ends.
func (r *Registry) Serve(ctx context.Context) error {
	blobs, uploads := filepath.Join(r.dir, "blobs"), filepath.Join(r.dir, "uploads")
	for _, dir := range []string{blobs, uploads} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("making the registry's directory: %w", err)
		}
	}
	handler := registry.New(
		registry.WithBlobHandler(registry.NewDiskBlobHandler(blobs)),
		registry.WithReferrersSupport(true),
		registry.Logger(log.New(io.Discard, "", 0)),
	)
	root, err := os.OpenRoot(uploads)
	if err != nil {
		return fmt.Errorf("opening the registry's directory: %w", err)
	}
	defer root.Close()
	server := &http.Server{Handler: spool{next: handler, dir: root}, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(r.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the registry: %w", err)
	}
	return nil
}
