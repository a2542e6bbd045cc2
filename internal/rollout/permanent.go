package rollout

import (
	"maps"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/reference"
)

// permanentAt is when a trouble counts as permanent if it lasts: at once where the diagnosis says so, after its grace
// where what is missing is nothing that the deploy brings; false when waiting may help for as long as it takes.
func (tr *tracker) permanentAt(d finding.Diagnosis, since time.Time) (time.Time, bool) {
	switch {
	case d.Finding == nil:
		return time.Time{}, false
	case d.Permanent:
		return time.Time{}, true
	case d.Grace == 0 || tr.brings(d.Missing):
		return time.Time{}, false
	}
	return since.Add(d.Grace), true
}

// brings reports whether something in the set makes the object that is missing.
func (tr *tracker) brings(missing object.Key) bool {
	return missing.Name != "" && reference.Brings(maps.Keys(tr.objects), missing)
}
