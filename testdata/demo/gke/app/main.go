// Command envspitter is a web server that prints the environment it runs in, after the sample of
// the same name in SADA's guide to mixed-architecture clusters on GKE.
//
// It shows everything to everyone, secrets too: it is for demonstrations, never for production.
// PORT is the port it listens on, 80 by default.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// grace is how long requests under way may take once the pod is told to stop.
const grace = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, ":"+cmp.Or(os.Getenv("PORT"), "80"), spit(runtime.GOARCH, os.Environ())); err != nil {
		log.Fatal(err)
	}
}

// spit answers with the CPU and the environment, a variable a line, sorted.
func spit(cpu string, environment []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "envspitter on %s\n\n", cpu)
		for _, variable := range slices.Sorted(slices.Values(environment)) {
			fmt.Fprintln(w, variable)
		}
	})
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
