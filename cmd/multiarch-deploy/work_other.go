//go:build !unix

package main

import (
	"os"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
)

// Windows hands no further descriptors to a process, so the program runs alone there: what libraries write to
// os.Stdout and os.Stderr is cleaned in this process. A crash of the runtime itself goes to the console as it is.

// becomeWorker gives the program the real output, and libraries a pipe.
func becomeWorker(program *action.Program) (ended func()) {
	stray, output, err := os.Pipe()
	if err != nil {
		return func() {}
	}
	os.Stdout, os.Stderr = output, output
	done := make(chan struct{})
	go func() {
		program.Stray(stray)
		close(done)
	}()
	return func() {
		_ = output.Close()
		<-done
	}
}

func supervise(action.Program) (status int, ok bool) { return 0, false }
