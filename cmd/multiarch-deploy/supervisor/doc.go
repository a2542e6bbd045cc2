// Package supervisor starts the program's worker, and outlives it. The program runs twice: a worker does everything,
// and the process that was started waits for it. The worker's real output is on descriptors of its own. What libraries
// write to standard output or standard error themselves, and the runtime when it crashes, comes to the supervisor,
// which cleans it of workflow commands and control characters like any other text. And a crash of any kind still leaves
// a report, a summary and outputs.
//
// A program initialises its packages in the order of what they import and of their paths
// (https://go.dev/ref/spec#Program_initialization). This one imports little, so that its turn is before nearly all
// others: the supervisor of a run in which nothing happens that it has to clean up never pays for their tables, which
// take tens of milliseconds and 10 MB.
package supervisor
