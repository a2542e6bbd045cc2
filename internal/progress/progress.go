// Package progress is the vocabulary in which stages say what they are doing.
// Stages emit events; the readers in report print, count or store them.
package progress

import (
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// Event is one of the event types below.
type Event interface{ event() }

// StepStarted opens a step of the pipeline. Name is one word, such as "verify"; Title is for people.
type StepStarted struct{ Name, Title string }

// StepFinished closes the step that was opened last.
type StepFinished struct {
	Name    string
	Elapsed time.Duration
	// Err is why the step ended the run, or nil.
	Err error
}

// Message is a line worth keeping in the log.
type Message struct{ Text string }

// Status is a line worth seeing only while it is true, such as "waiting for 3 of 12 pods".
// A terminal overwrites it; a log prints it when it changes.
type Status struct{ Text string }

// Found reports a finding at the moment it is known.
type Found struct {
	Finding finding.Finding
	// Others are further objects of which the same is true.
	Others []string
}

func (StepStarted) event()  {}
func (StepFinished) event() {}
func (Message) event()      {}
func (Status) event()       {}
func (Found) event()        {}

// Sink receives events, possibly from several goroutines at once.
type Sink func(Event)

// Discard is a Sink that drops every event.
func Discard(Event) {}
