package controlplane

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
)

// The range lies below those that operating systems take outgoing connections' ports from (Linux: 32768 and up),
// so that no connection takes the port between the look and the API server's own bind.
const firstPort, lastPort = 20000, 32000

// freePort returns a port of an address of this machine on which nothing listens.
func freePort(address netip.Addr) (int, error) {
	var err error
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		var listener net.Listener
		if listener, err = net.Listen("tcp", net.JoinHostPort(address.String(), strconv.Itoa(port))); err == nil {
			return port, listener.Close()
		}
	}
	if failed := (*net.OpError)(nil); errors.As(err, &failed) {
		err = failed.Err // without the last port that was tried
	}
	return 0, fmt.Errorf("finding a free port of %s for the API server: %w; give --address one of this machine", address,
		err)
}
