package runner

import (
	"bytes"
	"io"
	"strings"
	"time"
)

// longestLine bounds a line of stray output; what is longer is printed in parts.
const longestLine = 16 << 10

// Stray prints what a process of the run has written to its standard output and standard error past the log: text of
// libraries, of programs that they start, and of the runtime at a crash. It reads to the end, and returns the line that
// says why the process crashed, or "". A line is cleaned as a whole; on a terminal one that does not end, such as the
// question of a plugin, is printed after a moment.
func (r *Runner) Stray(output io.Reader, terminal bool) (crash string) {
	for line := range linesOf(output, terminal) {
		r.Print(line)
		for _, beginning := range []string{"panic: ", "fatal error: ", "SIG"} {
			if crash == "" && strings.HasPrefix(line, beginning) {
				crash = line
			}
		}
	}
	return crash
}

// moment is how long a terminal waits for the rest of a line.
const moment = 300 * time.Millisecond

// linesOf sends the lines of a stream, without their ends.
func linesOf(output io.Reader, impatient bool) <-chan string {
	pieces, lines := piecesOf(output), make(chan string)
	go func() {
		defer close(lines)
		var rest []byte
		for {
			var waited <-chan time.Time
			if impatient && len(rest) > 0 {
				waited = time.After(moment)
			}
			select {
			case piece, more := <-pieces:
				rest = sendLines(lines, append(rest, piece...))
				if more && len(rest) < longestLine {
					continue
				}
				if len(rest) > 0 {
					lines <- string(rest)
				}
				if rest = nil; !more {
					return
				}
			case <-waited:
				lines <- string(rest)
				rest = nil
			}
		}
	}()
	return lines
}

// piecesOf sends a stream as it comes.
func piecesOf(output io.Reader) <-chan []byte {
	pieces := make(chan []byte)
	go func() {
		defer close(pieces)
		for {
			piece := make([]byte, longestLine)
			n, err := output.Read(piece)
			pieces <- piece[:n]
			if err != nil {
				return
			}
		}
	}()
	return pieces
}

// sendLines sends the lines that have ended, and returns the rest.
func sendLines(lines chan<- string, text []byte) (rest []byte) {
	for {
		line, rest, found := bytes.Cut(text, []byte("\n"))
		if !found {
			return text
		}
		lines <- strings.TrimSuffix(string(line), "\r")
		text = rest
	}
}
