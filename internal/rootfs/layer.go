package rootfs

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"sync"
)

// Source opens a layer's blob, as a registry or a file has it: a tar archive, plain or compressed by gzip or zstd. The
// blob is read with ctx to its end, or until it is closed.
type Source func(ctx context.Context) (io.ReadCloser, error)

// Layer is one layer, as far as it was read. Images may share it; it is safe for concurrent use. A stream that is open
// belongs to the context of the question that opened it.
type Layer struct {
	mu      sync.Mutex
	source  Source
	budget  *Budget
	stream  *unpacker
	tar     *tar.Reader
	heads   *heads
	entries map[string]*entry
	hidden  map[string]bool // whiteouts
	opaque  map[string]bool
	count   int
	native  string // the first binary that was come across
	// kept and scripts are what was set aside of the budget.
	kept, scripts int64
	complete      bool
}

// NewLayer returns the layer that a blob contains. Nothing is read yet.
func NewLayer(source Source, budget *Budget) *Layer { return &Layer{source: source, budget: budget} }

// Close ends the stream, if it is open. What was read stays known, and a layer that is asked for more is then read
// again from its start.
func (l *Layer) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.close()
}

// Forget ends the stream, and gives what was kept back to the budget.
func (l *Layer) Forget() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reset()
	l.complete = false
	return l.close()
}

// find reads on until the path turns up; nil if this layer has no such entry. Covers reports, where it has none,
// whether it hides what lower layers have there. A layer is expected to name a path once, so the first entry counts and
// the rest of the layer stays unread.
func (l *Layer) find(ctx context.Context, name string) (e *entry, covers bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, err = l.search(ctx, func() *entry { return l.entries[name] })
	if e != nil || err != nil {
		return e, false, err
	}
	return nil, l.hides(name), nil
}

// search reads on until found returns an entry, or the layer ends.
func (l *Layer) search(ctx context.Context, found func() *entry) (*entry, error) {
	for {
		if e := found(); e != nil || l.complete {
			return e, nil
		}
		err := l.budget.Spend(ctx, 1)
		if err == nil {
			err = l.next(ctx)
		}
		if err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
}

// next reads one entry of the layer.
func (l *Layer) next(ctx context.Context) error {
	if err := l.open(ctx); err != nil {
		return err
	}
	header, err := l.tar.Next()
	if errors.Is(err, io.EOF) {
		return l.end()
	}
	if err != nil {
		return err
	}
	return l.add(header)
}

// end reads what may come after the archive: a blob's digest is known at its very end.
func (l *Layer) end() error {
	if _, err := io.Copy(io.Discard, l.stream); err != nil {
		return err
	}
	l.complete = true
	return l.close()
}

func (l *Layer) open(ctx context.Context) error {
	if l.stream != nil {
		return nil
	}
	l.reset()
	blob, err := l.source(ctx)
	if err != nil {
		return err
	}
	stream, err := unpack(blob, l.budget)
	if err != nil {
		return err
	}
	l.stream, l.tar, l.heads = stream, tar.NewReader(stream), &heads{}
	return nil
}

// reset forgets what was read.
func (l *Layer) reset() {
	l.entries, l.hidden, l.opaque = map[string]*entry{}, map[string]bool{}, map[string]bool{}
	l.budget.forget(l.kept, l.scripts)
	l.count, l.kept, l.scripts, l.native = 0, 0, 0, ""
}

func (l *Layer) close() error {
	if l.stream == nil {
		return nil
	}
	stream := l.stream
	l.stream, l.tar, l.heads = nil, nil, nil
	return stream.Close()
}
