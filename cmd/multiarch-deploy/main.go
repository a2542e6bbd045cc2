// Command multiarch-deploy deploys a commit's images to a Kubernetes cluster with nodes of several CPU architectures.
package main

import (
	"cmp"
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/sirupsen/logrus"
	"golang.org/x/term"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
)

// version is set by the linker. Without that it is the module's, as `go install` knows it.
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	logrus.SetOutput(io.Discard) // BuildKit's client logs there what it returns as errors too, or gets over
	program := action.Program{
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Getenv:  os.Getenv,
		Width:   width(),
		Version: cmp.Or(version, ofModule()),
	}
	os.Exit(program.Main(ctx, os.Args[1:]))
}

// ofModule is the version of the module that this program was built from, "(devel)" from a working tree.
func ofModule() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	return info.Main.Version
}

// width is that of the terminal on standard output, or 0.
func width() int {
	columns, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
