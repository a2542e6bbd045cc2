package placement

import "fmt"

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

// ParsePolicy reads the input arch-policy. Its error names the values there are.
func ParsePolicy(s string) (Policy, error) {
	switch p := Policy(s); p {
	case Fail, Pin, Spread, Warn:
		return p, nil
	}
	return "", fmt.Errorf("arch-policy %q is not one of fail, pin, spread, warn", s)
}
