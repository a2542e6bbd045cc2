package launch

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// InterpreterError reports that a script exists, but that the interpreter of its #! line can't be started.
type InterpreterError struct {
	Script string
	Err    error // a *rootfs.PathError for the interpreter, or ErrLoop
}

func (e *InterpreterError) Error() string { return "interpreter of " + e.Script + ": " + e.Err.Error() }

func (e *InterpreterError) Unwrap() error { return e.Err }

// load follows #! lines until a file is reached that is loaded itself.
func load(ctx context.Context, fsys *rootfs.FS, p Program, dir string) (Program, error) {
	for name := p.Path; ; {
		file, err := fsys.Stat(ctx, absolute(name, dir))
		if err != nil {
			return Program{}, named(err, name)
		}
		interpreter, args := shebang(file.Head)
		if interpreter == "" {
			p.File, p.Architecture = file, rootfs.Architecture(file.Head)
			return p, nil
		}
		if len(p.Scripts) == maxInterpreters {
			return Program{}, &InterpreterError{Script: p.Path, Err: rootfs.ErrLoop}
		}
		if err := executable(ctx, fsys, interpreter, dir); err != nil {
			return Program{}, interpreterError(p.Path, err)
		}
		p.Scripts = append(p.Scripts, file)
		p.Args = append(append([]string{interpreter}, args...), append([]string{name}, p.Args[1:]...)...)
		name = interpreter
	}
}

// shebang reads a #! line as Linux does: the interpreter, then all the rest as one argument (fs/binfmt_script.c).
func shebang(head []byte) (interpreter string, args []string) {
	line, ok := bytes.CutPrefix(head[:min(len(head), rootfs.HeadSize)], []byte("#!"))
	if !ok {
		return "", nil
	}
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	text := strings.Trim(string(line), " \t")
	interpreter, rest, _ := strings.Cut(strings.ReplaceAll(text, "\t", " "), " ")
	if rest = strings.TrimSpace(rest); rest != "" {
		args = []string{rest}
	}
	return interpreter, args
}

func interpreterError(script string, err error) error {
	if !isPathError(err) {
		return err
	}
	return &InterpreterError{Script: script, Err: err}
}

func isPathError(err error) bool {
	var pathErr *rootfs.PathError
	return errors.As(err, &pathErr)
}

// named puts the path as it was asked for in place of the one that was walked.
func named(err error, name string) error {
	var pathErr *rootfs.PathError
	if errors.As(err, &pathErr) {
		return &rootfs.PathError{Path: name, Err: pathErr.Err}
	}
	return err
}
