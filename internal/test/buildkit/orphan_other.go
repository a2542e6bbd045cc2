//go:build !linux

package buildkit

import "syscall"

// noOrphan has nothing to ask of this kernel, on which real builds don't run.
func noOrphan() *syscall.SysProcAttr { return nil }
