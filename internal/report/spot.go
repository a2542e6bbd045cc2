package report

import (
	"cmp"
	"fmt"

	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
)

// spot is what a workload comes to on the nodes of one architecture: what was foreseen there, and what was seen.
type spot struct {
	outcome    placement.Outcome
	pods, well int
	// reason is why a pod there is not well, or "".
	reason string
	// elsewhere: the workload has pods, and none of them here.
	elsewhere bool
}

// mood says at a glance how something stands.
type mood string

const (
	good mood = "good"
	bad  mood = "bad"
	// risk: nothing has happened, and it may.
	risk mood = "risk"
	// off: nothing is here, and nothing is wrong with that.
	off mood = "off"
)

var moodIcon = map[mood]string{good: "✅", bad: "❌", risk: "⚠️", off: "➖"}

func (s spot) mood() mood {
	failing := s.outcome == placement.Crashes || s.outcome == placement.PullFails
	switch {
	case s.pods > s.well:
		return bad
	case s.pods > 0: // whatever was foreseen
		return good
	case failing && s.elsewhere:
		return risk
	case failing:
		return bad
	case s.outcome == placement.Runs && !s.elsewhere:
		return good
	default:
		return off
	}
}

// String says what a spot comes to: before the rollout in the word of the plan, then by its pods.
func (s spot) String() string {
	switch {
	case s.pods > s.well:
		return fmt.Sprintf("%d of %s ready", s.well, count(s.pods, "pod"))
	case s.pods > 0:
		return count(s.pods, "pod") + " ready"
	case s.outcome == placement.Runs && s.elsewhere:
		return "no pod"
	default:
		return string(cmp.Or(s.outcome, placement.Absent))
	}
}
