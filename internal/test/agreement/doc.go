// Package agreement holds the plan against what a real control plane does: random workloads on random nodes are
// planned, then made, and every pod must be where the plan has it.
package agreement
