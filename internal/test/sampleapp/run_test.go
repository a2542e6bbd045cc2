package sampleapp_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/sampleapp"
)

// TestImages_really_run takes the binary out of the image for this machine's own system and CPU, and talks to it.
func TestImages_really_run(t *testing.T) {
	host := v1.Platform{OS: runtime.GOOS, Architecture: runtime.GOARCH}
	answers := map[string]struct{ path, want string }{
		"aks": {"/", "Hello! I run on " + runtime.GOARCH + ", in pod app-0, on node node-0.\n"},
		"gke": {"/anything", "envspitter on " + runtime.GOARCH + "\n\nNODE_NAME=node-0\nPOD_NAME=app-0\nPORT=0\n"},
	}
	for _, test := range apps {
		t.Run(test.name, func(t *testing.T) {
			images := must(sampleapp.Build(t.Context(), test.app, host))(t)
			address := start(t, binary(t, images[0], test.binary))
			answer := must(http.Get("http://" + address + answers[test.name].path))(t)
			defer answer.Body.Close()
			if got := string(must(io.ReadAll(answer.Body))(t)); got != answers[test.name].want {
				t.Errorf("got %q, want %q", got, answers[test.name].want)
			}
		})
	}
}

var listening = regexp.MustCompile(`listening on \S*:(\d+) `)

// start runs a program on a port of its own choice, waits until it says which, and stops it when the test ends.
func start(t *testing.T, program []byte) (address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app")
	must(true, os.WriteFile(path, program, 0o700))(t)
	command := exec.Command(path)
	command.Env = []string{"PORT=0", "POD_NAME=app-0", "NODE_NAME=node-0"}
	output := must(command.StderrPipe())(t)
	must(true, command.Start())(t)
	t.Cleanup(func() { stop(t, command) })
	line, err := bufio.NewReader(output).ReadString('\n')
	port := listening.FindStringSubmatch(line)
	if port == nil {
		t.Fatalf("the app wrote %q (%v), want the port it listens on", strings.TrimSpace(line), err)
	}
	return net.JoinHostPort("127.0.0.1", port[1])
}

// stop interrupts the app as a terminal does; one that stops by itself then ends with status 0.
func stop(t *testing.T, command *exec.Cmd) {
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("the app, told to stop, ended with %v", err)
	}
}
