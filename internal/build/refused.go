package build

import (
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
)

// RefusedError is the error of a builder when the registry lets these credentials push nothing.
type RefusedError struct {
	Reference name.Reference
	// Err is what the registry, or BuildKit, said.
	Err error
}

// Error says which registry refused which image, and what to do.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("pushing image %q: registry %q refuses it: %v; sign in with an identity that may push there, "+
		"and check the repository",
		e.Reference, e.Reference.Context().RegistryStr(), e.Err)
}

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }
