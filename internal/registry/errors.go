package registry

import (
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// BlobError is about a blob that could not be had, as against one that contains the wrong bytes.
type BlobError struct {
	Digest v1.Hash
	Err    error
}

func (e *BlobError) Error() string { return fmt.Sprintf("blob %s: %v", e.Digest, e.Err) }

func (e *BlobError) Unwrap() error { return e.Err }

// CredentialError is a sign-in that failed before the registry was asked. Its text is our own or a credential helper's,
// and says what to do.
type CredentialError struct{ Err error }

func (e *CredentialError) Error() string { return e.Err.Error() }

func (e *CredentialError) Unwrap() error { return e.Err }

// plainHTTPError refuses to send credentials, or to take an image's word, over a line that anyone can change.
type plainHTTPError struct{ host string }

func (e *plainHTTPError) Error() string {
	return fmt.Sprintf("%s speaks no HTTPS, and plain HTTP is for loopback alone; "+
		"name it in insecure-registries if the network between can be trusted", e.host)
}

// SlowError ends a task of several requests that took too long, although the registry answers.
type SlowError struct{ After time.Duration }

func (e *SlowError) Error() string { return fmt.Sprintf("not done after %s", e.After) }

// Kind is what went wrong with a registry.
type Kind int

const (
	// Other is anything else, such as an answer that makes no sense.
	Other Kind = iota
	// Interrupted is what the caller stopped.
	Interrupted
	// NotFound is a manifest or blob that the registry does not have.
	NotFound
	// Refused is what the registry does not let these credentials do.
	Refused
	// NoCredentials is a failure to find credentials, or to make them.
	NoCredentials
	// Failed is any other error that the registry answered with.
	Failed
	// PlainHTTP is a registry that would have to be spoken to without TLS.
	PlainHTTP
	// TooLarge is a manifest beyond what one may contain.
	TooLarge
	// Unreachable is a registry that does not answer, or does not come to an end.
	Unreachable
)

// Error is what went wrong, fit to be shown: it has no URL, since a redirect's query can contain a token, and no secret
// that the client has sent.
type Error struct {
	Kind     Kind
	Registry string
	// Words are the registry's own, or the network's: "404 Not Found (MANIFEST_UNKNOWN: manifest unknown)".
	Words string
	// Skipped: the registry was not asked, since those who asked before had no answer for the reason in Words.
	Skipped bool
	// Err is the cause. Its text is no part of Error's.
	Err error
	// path of the request that failed, for Failed.
	path string
}

// Error says what happened and what to do, as a clause that names the registry.
func (e *Error) Error() string {
	switch e.Kind {
	case NotFound:
		return fmt.Sprintf("registry %q does not have it: %s", e.Registry, e.Words)
	case Refused:
		return fmt.Sprintf("registry %q refuses it: %s; sign in with an identity that may do so, and check the repository",
			e.Registry, e.Words)
	case NoCredentials:
		return fmt.Sprintf("signing in to registry %q: %s", e.Registry, e.Words)
	case Failed:
		return fmt.Sprintf("registry %q answered %s to %s; try again later, and check that it is a container registry",
			e.Registry, e.Words, e.path)
	case TooLarge:
		return fmt.Sprintf("registry %q: the manifest is larger than %s, which no image needs", e.Registry, e.Words)
	case Unreachable:
		skipped := ""
		if e.Skipped {
			skipped = fmt.Sprintf(" (not asked again after %d failures)", maxFailures)
		}
		return fmt.Sprintf("registry %q cannot be reached: %s%s; check its name and port, that it runs, "+
			"and that this machine may connect to it", e.Registry, e.Words, skipped)
	default:
		return e.Words
	}
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
