// Package launch follows a container's command into what it starts: the file that Linux would load, and what launchers
// and shell scripts start in their turn. It knows the image alone, and guesses nothing.
package launch

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// Launch is all that a container starts, as far as its command and its shell scripts show.
type Launch struct {
	// Programs are in the order in which they are started: a shell, then what its script runs. Each file is listed once.
	Programs []Program
	// Unchecked lists what could not be followed, in clauses: "its command /app: no such file or directory".
	Unchecked []string
	// Missing is why the command itself cannot be started: the image has no such file, or none that can be executed. Nil
	// where it can, and where that is not known.
	Missing *rootfs.PathError
}

const (
	// maxLaunches bounds how many programs are followed: env that starts a shell that starts another.
	maxLaunches = 64
	// maxNotes bounds Unchecked: nobody reads more.
	maxNotes = 32
)

// Trace follows a command into what it starts. It knows env and the small init programs, which give way to another
// program, and reads what shells are given to run, "-c" text and scripts alike. What depends on anything but the image
// is left out of Programs and named in Unchecked. Its error is that of reading a layer, or of ctx.
//
// What names the command in Unchecked: "its command", "its liveness probe".
func Trace(ctx context.Context, fsys *rootfs.FS, what string, cmd Command) (Launch, error) {
	t := &tracer{fs: fsys}
	if err := t.start(ctx, what, cmd); err != nil {
		return Launch{}, err
	}
	return t.launch, nil
}

// tracer collects a Launch.
type tracer struct {
	fs      *rootfs.FS
	launch  Launch
	started int
}

// note keeps what could not be followed, in words, each once.
func (t *tracer) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch n := len(t.launch.Unchecked); {
	case slices.Contains(t.launch.Unchecked, text):
	case n < maxNotes:
		t.launch.Unchecked = append(t.launch.Unchecked, text)
	case n == maxNotes:
		t.launch.Unchecked = append(t.launch.Unchecked, "more of the same kind")
	}
}

// start follows one command. What names it: "its command", or a command of a script.
func (t *tracer) start(ctx context.Context, what string, cmd Command) error {
	if t.started++; t.started > maxLaunches {
		t.note("what comes after %d commands", maxLaunches)
		return nil
	}
	if len(cmd.Args) == 0 || cmd.Args[0] == "" {
		t.note("%s: it names no program", what)
		return nil
	}
	if strings.Contains(cmd.Args[0], unknown) {
		t.note("%s: what it starts depends on variables", what)
		return nil
	}
	program, err := Find(ctx, t.fs, cmd)
	var script *InterpreterError
	if errors.As(err, &script) || isPathError(err) {
		if t.started == 1 && script == nil {
			_ = errors.As(err, &t.launch.Missing)
		}
		t.note("%s: %v", what, err)
		return nil
	}
	if err != nil {
		return err
	}
	if len(t.launch.Programs) > 0 && isText(program.File.Head) {
		t.note("%s: it is a script without a #! line", what)
		return nil
	}
	t.add(program)
	return t.follow(ctx, program, cmd)
}

// isText: what Linux refuses, shells and execvp(3) take for a shell script. Only the container's own command has nobody
// to do so.
func isText(head []byte) bool {
	return bytes.IndexByte(head, 0) < 0 && !bytes.HasPrefix(head, []byte(elf.ELFMAG))
}

func (t *tracer) add(p Program) {
	same := func(known Program) bool { return known.File.Path == p.File.Path }
	if !slices.ContainsFunc(t.launch.Programs, same) {
		t.launch.Programs = append(t.launch.Programs, p)
	}
}

// follow goes on to what a program starts in its turn.
func (t *tracer) follow(ctx context.Context, p Program, cmd Command) error {
	args := p.Args
	if path.Base(args[0]) == "busybox" && len(args) > 1 {
		args = args[1:]
	}
	tool := path.Base(args[0])
	if isShell(tool) {
		return t.shell(ctx, args, cmd)
	}
	next, ok := launched(tool, args[1:], cmd)
	if !ok {
		return nil
	}
	return t.start(ctx, "what "+tool+" starts", next)
}
