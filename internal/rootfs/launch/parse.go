package launch

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// maxFrames is how many calls deep the parser may be. Each level of nesting takes it about ten, and a real script nests
// a few times. Unbounded, 150,000 parentheses overflow the stack, which ends the program.
const maxFrames = 1000

var errNested = errors.New("it nests too deep")

// parse reads a script's text. The parser calls itself for what is nested, so its depth is measured at each piece that
// it reads: no rule of ours about quotes and parentheses could agree with its own.
func parse(ctx context.Context, text string) (*syntax.File, error) {
	parser := syntax.NewParser(syntax.Variant(syntax.LangBash))
	return parser.Parse(&pieces{text: strings.NewReader(text), done: func() error { return context.Cause(ctx) }}, "")
}

// pieces hands out a text a few bytes at a time, as long as its reader has not called itself too often.
type pieces struct {
	text io.Reader
	done func() error
}

// Read implements io.Reader.
func (p *pieces) Read(b []byte) (int, error) {
	const piece = 64
	var deeper [1]uintptr
	if runtime.Callers(maxFrames, deeper[:]) > 0 {
		return 0, errNested
	}
	if err := p.done(); err != nil {
		return 0, err
	}
	return p.text.Read(b[:min(len(b), piece)])
}
