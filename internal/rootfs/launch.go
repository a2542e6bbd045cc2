package rootfs

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Launch is all that a container starts, as far as its command and its shell scripts tell.
type Launch struct {
	// Programs are in the order in which they are started: a shell, then what its script runs. Each file stands here once.
	Programs []Program
	// Unchecked says what could not be followed, a clause each: "its command /app: no such file or directory".
	Unchecked []string
}

// maxLaunches bounds how many programs are followed: env that starts a shell that starts another.
const maxLaunches = 64

// Launch follows a command into what it starts. It knows env and the small init programs, which give way to another
// program, and reads what shells are told to run, "-c" text and scripts alike. It never guesses: what depends on
// anything but the image is left out of Programs and named in Unchecked. Its error is that of reading a layer.
func (f *FS) Launch(cmd Command) (Launch, error) {
	t := &tracer{fs: f}
	if err := t.start("its command", cmd); err != nil {
		return Launch{}, err
	}
	return t.launch, nil
}

// tracer collects a Launch.
type tracer struct {
	fs      *FS
	launch  Launch
	started int
}

// note keeps what could not be followed, in words, each once.
func (t *tracer) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(t.launch.Unchecked, text) {
		t.launch.Unchecked = append(t.launch.Unchecked, text)
	}
}

// start follows one command. What names it in words: "its command", or a command of a script.
func (t *tracer) start(what string, cmd Command) error {
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
	program, err := t.fs.Find(cmd)
	var script *InterpreterError
	if errors.As(err, &script) || isPathError(err) {
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
	return t.follow(program, cmd)
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
func (t *tracer) follow(p Program, cmd Command) error {
	args := p.Args
	if path.Base(args[0]) == "busybox" && len(args) > 1 {
		args = args[1:]
	}
	tool := path.Base(args[0])
	if isShell(tool) {
		return t.shell(args, cmd)
	}
	next, ok := launched(tool, args[1:], cmd)
	if !ok {
		return nil
	}
	return t.start("what "+tool+" starts", next)
}
