// Package hostile attacks the built program the way an adversary would who controls a registry, an API server, a plugin
// or the files of a pull request, and whose text ends up in the log. Each test is an attack that must fail.
package hostile
