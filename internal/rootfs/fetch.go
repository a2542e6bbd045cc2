package rootfs

import (
	"fmt"
	"io"
)

// fetch reads the first bytes of a file that is only known from a table of contents.
func (l *Layer) fetch(e *entry) error {
	if e.place == nil {
		return nil
	}
	p := *e.place
	content, err := l.at(p)
	if err != nil {
		return err
	}
	defer content.Close()
	if _, err := io.CopyN(io.Discard, content, p.inner); err != nil {
		return fmt.Errorf("reading through the table of contents: %w", err)
	}
	if e.head, err = new(heads).read("", e, io.LimitReader(content, e.size)); err != nil {
		return fmt.Errorf("reading through the table of contents: %w", err)
	}
	e.place = nil
	return nil
}

// at unpacks the blob from a place on.
func (l *Layer) at(p place) (*unpacker, error) {
	if p.inner > l.limits.File {
		return nil, &LimitError{What: "bytes before the content of one file, unpacked", Limit: l.limits.File}
	}
	// Packed, bytes take no more room than unpacked but for a small overhead.
	length := min(p.end-p.offset, p.inner+2*scriptSize)
	if p.offset < 0 || p.inner < 0 || length <= 0 || p.end > l.source.Size {
		return nil, fmt.Errorf("the table of contents has a file at bytes %d to %d", p.offset, p.end)
	}
	blob, err := l.source.Range(p.offset, length)
	if err != nil {
		return nil, err
	}
	return unpack(blob, l.limits)
}
