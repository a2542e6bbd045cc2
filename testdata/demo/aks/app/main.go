// Command app is a small web server that says hello and on which CPU it runs.
//
// PORT is the port it listens on, 8080 by default. POD_NAME and NODE_NAME, which the manifests
// fill in through the downward API, make the greeting tell which pod answered, and from where.
package main

import (
	"cmp"
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// grace is how long requests under way may take once the pod is told to stop.
// It stays below Kubernetes' own 30 s, after which the process is killed.
const grace = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	host := host{cpu: runtime.GOARCH, pod: os.Getenv("POD_NAME"), node: os.Getenv("NODE_NAME")}
	if err := serve(ctx, ":"+cmp.Or(os.Getenv("PORT"), "8080"), handler(host)); err != nil {
		log.Fatal(err)
	}
}

// serve answers until ctx ends, then lets the requests under way finish.
func serve(ctx context.Context, address string, h http.Handler) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	log.Printf("listening on %s (%s)", listener.Addr(), runtime.GOARCH)
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		limit, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		stopped <- server.Shutdown(limit)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
