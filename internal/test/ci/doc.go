// Package ci holds the checks of what no run of the tests can try: the workflows, those that the texts show, and the
// demos' Terraform. It is a module of its own, so that the program does not depend on its tools; the one that lists
// what a release is made of is here for the same reason.
package ci
