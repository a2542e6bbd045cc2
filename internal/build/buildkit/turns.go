package buildkit

import (
	"sync"

	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// turns keeps the logs of images that are built side by side apart: the first image that is not done speaks at
// once, those behind it are heard when their turn comes.
type turns struct {
	mu      sync.Mutex
	current int
	waiting [][]func()
	ended   []bool
}

func newTurns(count int) *turns {
	return &turns{waiting: make([][]func(), count), ended: make([]bool, count)}
}

// sink is where image i speaks, to be heard at out.
func (t *turns) sink(i int, out progress.Sink) progress.Sink {
	return func(e progress.Event) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if i == t.current {
			out(e)
			return
		}
		t.waiting[i] = append(t.waiting[i], func() { out(e) })
	}
}

// done ends image i.
func (t *turns) done(i int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended[i] = true
	for t.current < len(t.ended) && t.ended[t.current] {
		t.current++
		t.speak()
	}
}

// speak has the current image say what it has waited to say.
func (t *turns) speak() {
	if t.current == len(t.waiting) {
		return
	}
	for _, say := range t.waiting[t.current] {
		say()
	}
	t.waiting[t.current] = nil
}
