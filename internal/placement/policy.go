package placement

// Policy says what to do about a workload that could land where its images do not run, or that could land nowhere.
type Policy string

// The policies. None of them touches a workload that is fine, but for Spread's tolerations.
const (
	// Fail reports errors that hold the patch to paste; it is the default.
	Fail Policy = "fail"
	// Pin adds the least patch that keeps a workload on the architectures its images run on.
	Pin Policy = "pin"
	// Spread is Pin, and tolerates the architecture taints of every node on which the workload is known to run.
	Spread Policy = "spread"
	// Warn reports warnings and changes nothing.
	Warn Policy = "warn"
)
