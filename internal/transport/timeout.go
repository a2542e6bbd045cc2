package transport

import (
	"fmt"
	"time"
)

// Phase is how far a request got.
type Phase int

// The phases of a request, in their order. Whole is not one of them: it is all of an attempt.
const (
	Connecting Phase = iota
	Answering
	Receiving
	Whole
)

// TimeoutError ends a request that took longer than a limit. It is never repeated: that would only multiply the wait.
type TimeoutError struct {
	Host     string
	Phase    Phase
	Limit    time.Duration
	Received int64 // bytes of the answer's body
}

// Error names the host and the limit: "ghcr.io: nothing received for 10s, after 10 bytes of its answer".
func (e *TimeoutError) Error() string { return e.Host + ": " + e.Reason() }

// Reason is Error without the host.
func (e *TimeoutError) Reason() string {
	switch e.Phase {
	case Connecting:
		return fmt.Sprintf("no connection within %s", e.Limit)
	case Receiving:
		return fmt.Sprintf("nothing received for %s, after %d bytes of its answer", e.Limit, e.Received)
	case Whole:
		return fmt.Sprintf("not done after %s", e.Limit)
	default:
		return fmt.Sprintf("nothing received for %s", e.Limit)
	}
}

// Timeout is true, as of a net.Error.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary is part of net.Error.
func (e *TimeoutError) Temporary() bool { return false }

// SizeError ends an answer that is longer than its limit, or than what others that are read now leave of it.
type SizeError struct {
	Host  string
	Limit int64 // bytes
}

// Error names the host and the limit: "10.0.0.1: its answer is longer than 256 MiB".
func (e *SizeError) Error() string {
	return fmt.Sprintf("%s: its answer is longer than %d MiB", e.Host, e.Limit>>20)
}
