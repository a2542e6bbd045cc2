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
	"time"

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
		Width:   width(os.Stdout),
		Version: cmp.Or(version, ofModule()),
	}
	if status, ended := supervise(program); ended {
		os.Exit(status)
	}
	ended := becomeWorker(&program)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		time.Sleep(sameSignal)
		stop() // a second signal ends the program at once
	})
	status := program.Main(ctx, os.Args[1:])
	ended()
	os.Exit(status)
}

// sameSignal is how long a signal may take that comes twice, from a terminal and from the process that started this
// one.
const sameSignal = 300 * time.Millisecond

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

// width is that of a terminal, or 0.
func width(file *os.File) int {
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
