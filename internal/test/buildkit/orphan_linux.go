package buildkit

import "syscall"

// noOrphan has the kernel end a program when the test that started it ends without a cleanup, as after a panic.
func noOrphan() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
