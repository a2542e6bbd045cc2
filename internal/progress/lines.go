package progress

import (
	"bytes"
	"strings"
)

// Lines hands on what is written to it line by line. Empty lines are left out.
type Lines struct {
	// Line gets each line, without its end.
	Line func(string)

	rest []byte
}

// Write takes text that may end in the middle of a line.
func (w *Lines) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		end := bytes.IndexByte(w.rest, '\n')
		if end < 0 {
			return len(p), nil
		}
		w.hand(string(w.rest[:end]))
		w.rest = w.rest[end+1:]
	}
}

// Flush hands on a last line that has no end.
func (w *Lines) Flush() {
	w.hand(string(w.rest))
	w.rest = nil
}

func (w *Lines) hand(text string) {
	if text = strings.TrimRight(text, "\r "); text != "" {
		w.Line(text)
	}
}
