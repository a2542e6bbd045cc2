package progress

import "sync"

// Turns keeps apart what several workers side by side say: the first that is not done speaks at once, those behind it
// are heard when their turn comes. It is safe for concurrent use.
type Turns struct {
	mu      sync.Mutex
	current int
	waiting [][]func()
	ended   []bool
}

// NewTurns returns the turns of a number of workers.
func NewTurns(count int) *Turns {
	return &Turns{waiting: make([][]func(), count), ended: make([]bool, count)}
}

// Sink is where worker i speaks, to be heard at out.
func (t *Turns) Sink(i int, out Sink) Sink {
	return func(e Event) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if i == t.current {
			out(e)
			return
		}
		t.waiting[i] = append(t.waiting[i], func() { out(e) })
	}
}

// Done ends worker i.
func (t *Turns) Done(i int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended[i] = true
	for t.current < len(t.ended) && t.ended[t.current] {
		t.current++
		t.speak()
	}
}

// speak has the current worker say what it has waited to say.
func (t *Turns) speak() {
	if t.current == len(t.waiting) {
		return
	}
	for _, say := range t.waiting[t.current] {
		say()
	}
	t.waiting[t.current] = nil
}
