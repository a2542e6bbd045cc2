package peers

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// Slow listens at a new address of this machine, and passes what comes on to another one as a network with that round
// trip would: each byte arrives half of it later, in both directions, and a connection takes a whole one to be made. It
// has all the bandwidth there is. It ends with the test.
func Slow(t testing.TB, to string, roundTrip time.Duration) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // the test has ended
			}
			go connect(conn, to, roundTrip)
		}
	}()
	return listener.Addr().String()
}

func connect(client net.Conn, to string, roundTrip time.Duration) {
	defer client.Close()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	// The client took its connection for made at once; its first bytes wait for that round trip.
	made := time.Now().Add(roundTrip)
	done := make(chan struct{})
	go func() { pass(server, client, roundTrip/2, made.Add(roundTrip/2)); close(done) }()
	pass(client, server, roundTrip/2, time.Time{})
	<-done
}

// piece is a part of a stream, and when it arrives.
type piece struct {
	content []byte
	due     time.Time
}

// pass copies a stream, each part of it delayed, and none arriving before a time.
func pass(to, from net.Conn, delay time.Duration, earliest time.Time) {
	pieces := make(chan piece, 1<<12)
	go func() {
		defer close(pieces)
		for {
			buffer := make([]byte, 64<<10)
			n, err := from.Read(buffer)
			if n > 0 {
				due := time.Now().Add(delay)
				if due.Before(earliest) {
					due = earliest
				}
				pieces <- piece{buffer[:n], due}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.content); err != nil {
			_ = from.Close()
		}
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			_ = to.Close()
		}
	}
}
