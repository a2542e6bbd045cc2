package renderer

import "os/exec"

// ownGroup does nothing: the end of the context ends the child alone.
func ownGroup(*exec.Cmd) {}
