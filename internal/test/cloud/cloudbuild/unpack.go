package cloudbuild

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// unpack unpacks a tar.gz as the fetcher of Cloud Build does, with tar.
func unpack(archive io.Reader, folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	tar := exec.Command("tar", "-xzf", "-", "-C", folder)
	tar.Stdin = archive
	if out, err := tar.CombinedOutput(); err != nil {
		return fmt.Errorf("unpacking the source: %w: %s", err, out)
	}
	return nil
}

// prefixer writes whole lines, each with a prefix.
type prefixer struct {
	to     io.Writer
	prefix string
	rest   []byte
}

// Write takes text that may end in the middle of a line.
func (p *prefixer) Write(text []byte) (int, error) {
	p.rest = append(p.rest, text...)
	for {
		end := bytes.IndexByte(p.rest, '\n')
		if end < 0 {
			return len(text), nil
		}
		fmt.Fprintf(p.to, "%s%s\n", p.prefix, p.rest[:end])
		p.rest = p.rest[end+1:]
	}
}

// flush writes a last line that has no end.
func (p *prefixer) flush() {
	if len(p.rest) > 0 {
		fmt.Fprintf(p.to, "%s%s\n", p.prefix, p.rest)
		p.rest = nil
	}
}
