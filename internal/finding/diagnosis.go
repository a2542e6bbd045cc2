package finding

import (
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// Diagnosis is what can be said about a pod or an object that is not ready. The zero value says that nothing is known
// to be wrong.
type Diagnosis struct {
	// Finding is the cause, or nil.
	Finding *Finding
	// Permanent means that waiting does not help: only a change to image, manifest or cluster does.
	Permanent bool
	// Grace is how long the trouble may last before it counts as permanent; 0 for as long as the wait lasts.
	Grace time.Duration
	// Missing is the object that the pod waits for, if it is one that is not there. Grace counts only where
	// nothing in the deploy is known to bring it.
	Missing object.Key
}

// MissingGrace is how long something that a pod names may be missing before it counts as missing for good, where
// nothing in the deploy is known to bring it. Whoever makes it beside the deploy has done so by then.
const MissingGrace = 30 * time.Second
