package rootfs

import (
	"context"
	"fmt"
	"sync/atomic"
)

// Limits bound what hostile layers can make a reader do. What goes beyond ends in a *LimitError.
type Limits struct {
	// Bytes is the most that is unpacked of one layer.
	Bytes int64
	// Ratio is how many times its packed size a layer may unpack to, once it has given RatioFrom bytes. Real layers
	// stay below 20; the most that gzip can do is 1032.
	Ratio, RatioFrom int64
	// Entries is how many files, links and directories one layer may contain, those above its entries included.
	Entries int

	// Kept is the most that is kept in memory of all layers of a run at one time, in bytes; Scripts is how much of it may
	// be the text of scripts. Unpacked is the most that is unpacked of all layers.
	Kept, Scripts, Unpacked int64
	// Work is how many steps a run may take in all: entries read, layers asked for a path, commands of scripts. ImageWork
	// is how many of them, but for entries, one image may take. 0 is no limit.
	Work, ImageWork int64
}

// DefaultLimits lets through every layer that a node would be glad to unpack.
func DefaultLimits() Limits {
	return Limits{
		Bytes: 64 << 30, Ratio: 200, RatioFrom: 256 << 20, Entries: 1 << 20,
		Kept: 256 << 20, Scripts: 32 << 20, Unpacked: 128 << 30, Work: 50_000_000, ImageWork: 5_000_000,
	}
}

// Linux's own bounds, which no node goes beyond either when it unpacks a layer or starts a program.
const (
	maxPath = 4096      // of a path, with its end (PATH_MAX)
	maxName = 255       // of one component (NAME_MAX)
	MaxArg  = 128 << 10 // of one argument or variable (MAX_ARG_STRLEN)
	MaxArgs = 2 << 20   // of all together (ARG_MAX, a quarter of the usual stack)
)

// LimitError reports which limit a layer, or a run, went beyond.
type LimitError struct {
	What  string // what there was too much of
	Limit int64
}

func (e *LimitError) Error() string { return fmt.Sprintf("%s: at most %d are read", e.What, e.Limit) }

// Budget is what is left of a run's limits, for all layers of all images together. It is safe for concurrent use.
type Budget struct {
	limits                        Limits
	kept, scripts, unpacked, work atomic.Int64
}

// NewBudget returns the budget of a run.
func NewBudget(limits Limits) *Budget { return &Budget{limits: limits} }

// Spend counts steps of work. It fails when there were too many, and when ctx is done.
func (b *Budget) Spend(ctx context.Context, steps int) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if b.work.Add(int64(steps)) > b.limits.Work && b.limits.Work > 0 {
		return &LimitError{What: "steps for the layers of all images", Limit: b.limits.Work}
	}
	return nil
}

// WhatKept is the What of the LimitError of a run that would keep too much at one time.
const WhatKept = "bytes kept of the layers of all images"

// keep sets memory aside.
func (b *Budget) keep(bytes int64) error {
	if b.kept.Add(bytes) > b.limits.Kept {
		return &LimitError{What: WhatKept, Limit: b.limits.Kept}
	}
	return nil
}

// keepScript reports whether there is room for the text of a script.
func (b *Budget) keepScript(bytes int64) bool {
	if b.scripts.Add(bytes) <= b.limits.Scripts {
		return true
	}
	b.scripts.Add(-bytes)
	return false
}

// Crowded reports whether so much is kept that what nobody needs now should go.
func (b *Budget) Crowded() bool { return b.kept.Load() > b.limits.Kept/2 }

// forget gives memory back.
func (b *Budget) forget(bytes, scripts int64) {
	b.kept.Add(-bytes)
	b.scripts.Add(-scripts)
}

func (b *Budget) unpack(bytes int) error {
	if b.unpacked.Add(int64(bytes)) > b.limits.Unpacked {
		return &LimitError{What: "bytes of all layers, unpacked", Limit: b.limits.Unpacked}
	}
	return nil
}
