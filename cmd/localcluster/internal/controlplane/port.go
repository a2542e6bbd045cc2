package controlplane

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// The range lies below those that operating systems take outgoing connections' ports from (Linux: 32768 and up),
// so that no connection takes the port between the look and the API server's own bind.
const firstPort, lastPort = 20000, 32000

// freePort returns a port of 127.0.0.1 on which nothing listens.
func freePort() (int, error) {
	var err error
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		var listener net.Listener
		if listener, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, listener.Close()
		}
	}
	return 0, fmt.Errorf("finding a free port of 127.0.0.1 for the API server: %w", err)
}
