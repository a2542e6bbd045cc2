package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
)

// serve starts what the acts need and leaves the acts to others, such as a workflow, until it is interrupted. On
// standard output it says where the registry is and which tag the images have, one NAME=VALUE per line, and then
// "ready".
func serve(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("demo serve", flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "kubeconfig", "write the cluster's kubeconfig to this `FILE`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	address, err := ownAddress(ctx)
	if err != nil {
		return err
	}
	cluster, err := start(ctx, os.Stderr, address)
	if err != nil {
		return err
	}
	defer cluster.Stop()
	content, err := os.ReadFile(cluster.Kubeconfig)
	if err != nil {
		return err
	}
	if err := os.WriteFile(*kubeconfig, content, 0o600); err != nil {
		return err
	}
	defer os.Remove(*kubeconfig)
	fmt.Printf("registry=%s\ntag=%s\nready\n", cluster.Registry, tag)
	<-ctx.Done()
	return nil
}

// ownAddress is the address by which others reach this machine, containers on it too, whose 127.0.0.1 is their own. No
// packet is sent: the kernel only chooses a route, to an address that nobody has (RFC 5737).
func ownAddress(ctx context.Context) (string, error) {
	connection, err := new(net.Dialer).DialContext(ctx, "udp", "198.51.100.1:9")
	if err != nil {
		return "", fmt.Errorf("finding this machine's address: %w", err)
	}
	defer connection.Close()
	host, _, err := net.SplitHostPort(connection.LocalAddr().String())
	return host, err
}
