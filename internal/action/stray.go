package action

import (
	"bufio"
	"io"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// longestLine bounds a line of stray output; what is longer is printed in parts.
const longestLine = 16 << 10

// Stray prints what a process of the run has written to its standard output and standard error past this program: text
// of libraries, of programs that they start, and of the runtime at a crash. It reads to the end, and returns the line
// that says why the process crashed, or "".
func (p Program) Stray(output io.Reader) (crash string) {
	r := runner.New(p.Stderr, p.Getenv)
	for _, secret := range inputs.Secrets(func(name string) string { return p.Getenv(variable(name)) }) {
		r.Learn(secret)
	}
	lines := bufio.NewReaderSize(output, longestLine)
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			return crash
		}
		text := string(line)
		r.Print(text)
		for _, beginning := range []string{"panic: ", "fatal error: ", "SIG"} {
			if crash == "" && strings.HasPrefix(text, beginning) {
				crash = text
			}
		}
	}
}
