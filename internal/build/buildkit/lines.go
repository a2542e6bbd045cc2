package buildkit

import (
	"bytes"
	"strings"
)

// lineWriter hands on what is written to it line by line, with secrets hidden. Empty lines are left out.
type lineWriter struct {
	line func(string)
	hide *strings.Replacer
	rest []byte
}

// Write takes text that may end in the middle of a line.
func (w *lineWriter) Write(p []byte) (int, error) {
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

// flush hands on a last line that has no end.
func (w *lineWriter) flush() {
	w.hand(string(w.rest))
	w.rest = nil
}

func (w *lineWriter) hand(text string) {
	if text = strings.TrimRight(text, "\r "); text != "" {
		w.line(w.hide.Replace(text))
	}
}

// hiding replaces secrets, which a RUN can print. A secret of several lines is hidden line by line.
func hiding(secrets map[string]string) *strings.Replacer {
	var pairs []string
	for _, value := range secrets {
		for line := range strings.Lines(value) {
			if line = strings.TrimSpace(line); line != "" {
				pairs = append(pairs, line, "***")
			}
		}
	}
	return strings.NewReplacer(pairs...)
}
