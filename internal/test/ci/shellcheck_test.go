//go:build engines

package ci_test

// shellcheck is the program that checks the scripts in workflows.
const shellcheck = "shellcheck"
