//go:build unix

package main

import (
	"context"
	"os"

	"github.com/multiarch-deploy/multiarch-deploy/cmd/multiarch-deploy/supervisor"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
)

// becomeWorker gives the program the real output. What it returns is called when everything is reported.
func becomeWorker(program *action.Program) (ended func()) {
	if !supervisor.IsWorker() {
		return func() {} // none could be started
	}
	stdout, stderr, ended := supervisor.Become()
	program.Stdout, program.Stderr, program.Width = stdout, stderr, width(stdout)
	return ended
}

// supervise waits for the worker, and returns its status. It is not ok in the worker, and where none could be started.
func supervise(program action.Program) (status int, ok bool) {
	w := supervisor.Begun()
	if w == nil {
		return 0, false
	}
	if status, program.Crash = w.Wait(program.Stray); program.Crash == "" {
		return status, true
	}
	return program.Main(context.Background(), os.Args[1:]), true
}
