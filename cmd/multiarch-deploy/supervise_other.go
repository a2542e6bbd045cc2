//go:build !unix

package main

import "github.com/multiarch-deploy/multiarch-deploy/internal/action"

// Windows hands no further descriptors to a process, so the program runs alone there.

func isWorker() bool { return false }

func becomeWorker(*action.Program) (ended func()) { return func() {} }

func supervise(action.Program) (status int, ok bool) { return 0, false }
