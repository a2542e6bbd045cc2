package buildkit

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Start runs a BuildKit until the test ends, and returns its address, unix://PATH. It runs programs for the machine's
// own CPU and, under QEMU, for arm64. env, KEY=value, is added to its environment.
func Start(t testing.TB, env ...string) string {
	t.Helper()
	socket := filepath.Join(shortDir(t), "buildkitd.sock")
	start(t, env, "unix", socket, "--addr", "unix://"+socket)
	return "unix://" + socket
}

// StartAt runs a BuildKit like Start that listens at an address of this machine, for the containers of an engine. It
// returns where, tcp://HOST:PORT.
func StartAt(t testing.TB, host string) string {
	t.Helper()
	address := freePort(t, host)
	start(t, nil, "tcp", address, "--addr", "tcp://"+address)
	return "tcp://" + address
}

// StartTLS runs a BuildKit that only speaks TLS, and only to clients with a certificate of the authority of which
// certs holds the files. It returns its address, tcp://HOST:PORT.
func StartTLS(t testing.TB, certs Certificates) string {
	t.Helper()
	address := freePort(t, "127.0.0.1")
	start(t, nil, "tcp", address, "--addr", "tcp://"+address, "--tlscacert", certs.CACert, "--tlscert", certs.ServerCert,
		"--tlskey", certs.ServerKey)
	return "tcp://" + address
}

func start(t testing.TB, env []string, network, address string, args ...string) {
	t.Helper()
	installed(t, "runc", "qemu-aarch64-static")
	program := filepath.Join(build(t, "buildkitd"), "buildkitd")
	args = append(args, "--root", shortDir(t), "--oci-worker-net", "host", "--containerd-worker=false")
	run(t, env, program, args...).wait(t, func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

// shortDir is a folder for sockets, whose paths may have no more than 107 bytes; t.TempDir holds the test's name.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unmount(t, dir)
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// unmount frees what engines leave mounted below a folder when they end.
func unmount(t testing.TB, dir string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if point := strings.Fields(line)[1]; strings.HasPrefix(point, dir+"/") {
			if out, err := exec.Command("umount", "--lazy", point).CombinedOutput(); err != nil {
				t.Errorf("umount %s: %v: %s", point, err, out)
			}
		}
	}
}

func freePort(t testing.TB, host string) string {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
