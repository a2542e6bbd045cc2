package rootfs

import (
	"archive/tar"
	"errors"
	"io"
	"sync"
)

// Layer is one layer, as far as it was read. Images may share it; it is safe for concurrent use.
type Layer struct {
	mu       sync.Mutex
	source   Source
	limits   Limits
	stream   *unpacker
	tar      *tar.Reader
	heads    *heads
	entries  map[string]*entry
	hidden   map[string]bool // whiteouts
	opaque   map[string]bool
	count    int
	native   string // the first binary that was come across
	complete bool
}

// NewLayer returns the layer that a blob holds. Nothing is read yet.
func NewLayer(source Source, limits Limits) *Layer { return &Layer{source: source, limits: limits} }

// Close ends the stream, if it is open. What was read stays known, and a layer that is asked for more is then read
// again from its start.
func (l *Layer) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.close()
}

// find reads on until the path turns up; nil if this layer has no such entry.
// A layer is expected to name a path once, so the first entry counts and the rest of the layer stays unread.
func (l *Layer) find(name string) (*entry, error) {
	return l.search(func() *entry { return l.entries[name] })
}

// search reads on until found returns an entry, or the layer ends.
func (l *Layer) search(found func() *entry) (*entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if e := found(); e != nil {
			return e, nil
		}
		if l.complete {
			return nil, nil
		}
		if err := l.next(); err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
}

// next reads one entry of the layer.
func (l *Layer) next() error {
	if err := l.open(); err != nil {
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

func (l *Layer) open() error {
	if l.stream != nil {
		return nil
	}
	l.entries, l.hidden, l.opaque, l.count = map[string]*entry{}, map[string]bool{}, map[string]bool{}, 0
	blob, err := l.source()
	if err != nil {
		return err
	}
	stream, err := unpack(blob, l.limits)
	if err != nil {
		return err
	}
	l.stream, l.tar, l.heads = stream, tar.NewReader(stream), &heads{}
	return nil
}

func (l *Layer) close() error {
	if l.stream == nil {
		return nil
	}
	stream := l.stream
	l.stream, l.tar, l.heads = nil, nil, nil
	return stream.Close()
}
