//go:build unix

package controlplane

import "syscall"

// ownGroup keeps a terminal's Ctrl-C from the components: they are to stop in order, when they are told.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
