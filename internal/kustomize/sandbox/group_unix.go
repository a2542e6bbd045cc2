//go:build unix

package sandbox

import (
	"os/exec"
	"syscall"
)

// OwnGroup puts a child into a process group of its own: an interrupt from the terminal reaches this program alone,
// which then ends the child with whatever git it has started.
func OwnGroup(child *exec.Cmd) {
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	child.Cancel = func() error { return syscall.Kill(-child.Process.Pid, syscall.SIGKILL) }
}
