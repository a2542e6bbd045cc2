package federation

import (
	"context"
	"time"
)

// Patience is how long a refusal may be the clouds' own delay: a federated credential or a role that was made a
// moment ago is not known everywhere yet.
type Patience struct {
	// For is how long to try in all, Every the pause between two tries.
	For, Every time.Duration
}

// DefaultPatience tries for a minute, every ten seconds: most set-ups are known by then, and a wrong one is reported
// soon.
func DefaultPatience() Patience { return Patience{For: time.Minute, Every: 10 * time.Second} }

// Retry calls try until it succeeds, until its error is none that may be a delay, or until Patience ends. It returns
// the last error. The first time it waits it says so, with what.
func (j Job) Retry(ctx context.Context, what string, mayBeDelay func(error) bool,
	try func(context.Context) error) error {
	deadline := time.Now().Add(j.Patience.For)
	for said := false; ; said = true {
		err := try(ctx)
		if err == nil || !mayBeDelay(err) || time.Now().Add(j.Patience.Every).After(deadline) {
			return err
		}
		if !said {
			j.Say("%s; what was set up a moment ago takes a while to be known everywhere, so this is tried for "+
				"%s", what, j.Patience.For)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(j.Patience.Every):
		}
	}
}
