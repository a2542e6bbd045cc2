// Package renderer renders kustomizations in a process of its own.
//
// Kustomize fetches what a kustomization names: with git, which it starts, and over HTTP. Its API has no way to give it
// another cloner or another client, and a guard that reads the YAML itself is a second parser, which the next merge key
// or link passes by. So kustomize runs in a child of this program, in an environment where nothing can be fetched: with
// no PATH, no other variables, and an HTTP transport that refuses every request. What kustomize prints, and a call of
// log.Fatal, end in the child as well.
//
// The child is this same program. Run starts it under the name that main.go looks for, which works for every binary
// that links this package, tests included. Kustomize reads from renderer/disk, and renderer/explain puts its errors
// into words.
package renderer
