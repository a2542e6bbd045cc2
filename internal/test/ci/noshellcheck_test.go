//go:build !engines

package ci_test

// shellcheck is none, since it is no Go program; `make test-engines` checks the scripts in workflows too.
const shellcheck = ""
