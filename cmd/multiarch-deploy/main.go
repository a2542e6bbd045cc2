// Command multiarch-deploy deploys a commit's images to a Kubernetes cluster with nodes of several CPU architectures.
package main

import (
	"cmp"
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/sirupsen/logrus"
	"golang.org/x/term"
	"k8s.io/klog/v2"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
)

// version is set by the linker. Without that it is the module's, as `go install` knows it.
var version string

func main() {
	silenceLibraries()
	program := action.Program{
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Getenv:  os.Getenv,
		Width:   width(),
		Version: cmp.Or(version, ofModule()),
	}
	// On a terminal somebody sees how the program ends. Elsewhere a second process does.
	if program.Width == 0 && !isWorker() {
		if status, ended := supervise(program); ended {
			os.Exit(status)
		}
	}
	ended := becomeWorker(&program)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	status := program.Main(ctx, os.Args[1:])
	ended()
	os.Exit(status)
}

// silenceLibraries drops the logs that libraries write by themselves: client-go, BuildKit's client and net/http log
// there what they return as errors too, or get over, in words of a server.
func silenceLibraries() {
	log.SetOutput(io.Discard)
	logrus.SetOutput(io.Discard)
	klog.SetLogger(logr.Discard())
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
