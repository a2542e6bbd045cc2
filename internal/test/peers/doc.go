// Package peers measures the program beside the tools that do parts of its work: kubectl, kustomize, crane and
// BuildKit, all in one run on one machine. `make bench-peers` runs it, and writes the tables of docs/speed.md.
//
// Each comparison is a part, a test with the build tag peers; the part that builds images needs the tag engines too,
// and what bases.sh makes.
// Programs run as a user runs them, in processes of their own, one after another in turns.
package peers
