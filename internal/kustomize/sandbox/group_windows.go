package sandbox

import "os/exec"

// OwnGroup does nothing: the end of the context ends the child alone.
func OwnGroup(*exec.Cmd) {}
