package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// execMark precedes a command that was started by exec: shells word its failure differently.
const execMark = "\x00exec"

// lookMark stands for "command -v" and "type", which the interpreter would answer from the host's PATH.
const lookMark = "\x00look"

// interpret runs a script for real, in a world that is the image: programs, files and directories are looked up there,
// what is written is dropped, and the host is out of reach.
func (m Machine) interpret(ctx context.Context, p process, s script) int {
	w := world{machine: m, process: p, script: s}
	runner, err := interp.New(
		interp.Env(expand.ListEnviron(append([]string{"HOME=/root", "PATH=" + launch.DefaultPath}, p.cmd.Env...)...)),
		interp.StdIO(nil, p.out, p.err),
		interp.Params(s.params...),
		interp.CallHandler(w.call),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return w.exec }),
		interp.OpenHandler(w.open),
		interp.StatHandler(w.stat),
		interp.AccessHandler(w.access),
		interp.ReadDirHandler2(func(context.Context, string) ([]fs.DirEntry, error) { return nil, fs.ErrNotExist }),
	)
	if err != nil {
		return m.runFine(ctx, p)
	}
	runner.Dir = path.Join("/", p.cmd.Dir)
	return exitCode(ctx, runner.Run(ctx, s.file))
}

func exitCode(ctx context.Context, err error) int {
	var status interp.ExitStatus
	switch {
	case ctx.Err() != nil:
		return Killed
	case errors.As(err, &status):
		return int(status)
	case err != nil:
		return 2 // the shell itself gave up
	}
	return 0
}

// world is the image as a script sees it.
type world struct {
	machine Machine
	process process
	script  script
}

// call sees every simple command before the interpreter does.
func (w world) call(_ context.Context, args []string) ([]string, error) {
	switch {
	case args[0] == "exec" && len(args) > 1:
		return append([]string{"exec", execMark}, args[1:]...), nil
	case args[0] == "type", args[0] == "hash", args[0] == "command" && len(args) > 2 && args[1] == "-v":
		return append([]string{lookMark}, slices.DeleteFunc(args[1:],
			func(a string) bool { return strings.HasPrefix(a, "-") })...), nil
	}
	return args, nil
}

// exec runs what is no builtin.
func (w world) exec(ctx context.Context, args []string) error {
	hc := interp.HandlerCtx(ctx)
	if args[0] == lookMark {
		return w.look(ctx, hc, args[1:])
	}
	f := failure{script: w.script.name, line: hc.Pos.Line(), exec: args[0] == execMark}
	if f.exec {
		args = args[1:]
	}
	p := process{cmd: launch.Command{Args: args, Env: environ(hc.Env), Dir: hc.Dir}, out: hc.Stdout, err: hc.Stderr}
	p.first = w.process.first && f.exec
	f.command = p.cmd.Args[0]
	program, err := w.machine.Load(ctx, p.cmd)
	switch {
	case errors.Is(err, ErrFormat):
		return exitStatus(w.script.shell.refused(hc.Stderr, f))
	case err != nil:
		return exitStatus(w.script.shell.missing(hc.Stderr, f))
	}
	p.program = program
	return exitStatus(w.machine.run(ctx, p))
}

// look answers "command -v": the path of each program, and 1 for one that is not there.
func (w world) look(ctx context.Context, hc interp.HandlerContext, names []string) error {
	for _, name := range names {
		if interp.IsBuiltin(name) {
			fmt.Fprintln(hc.Stdout, name)
			continue
		}
		program, err := w.machine.Files.find(ctx, launch.Command{Args: []string{name}, Env: environ(hc.Env), Dir: hc.Dir})
		if err != nil {
			return interp.ExitStatus(1)
		}
		fmt.Fprintln(hc.Stdout, program.Path)
	}
	return nil
}

func exitStatus(code int) error {
	if code == 0 {
		return nil
	}
	return interp.ExitStatus(code)
}

func environ(env expand.Environ) []string {
	var kv []string
	for name, v := range env.Each {
		if v.Exported && v.Kind == expand.String {
			kv = append(kv, name+"="+v.Str)
		}
	}
	return kv
}

// open reads files of the image that are known whole; what is written goes nowhere.
func (w world) open(ctx context.Context, name string, flag int, _ os.FileMode) (io.ReadWriteCloser, error) {
	if name == "/dev/null" || flag&(os.O_WRONLY|os.O_RDWR) != 0 {
		return nowhere{}, nil
	}
	file, err := w.machine.Files.Stat(ctx, name)
	if err != nil || !file.Whole() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return contents(file.Head), nil
}

func (w world) stat(ctx context.Context, name string, _ bool) (fs.FileInfo, error) {
	file, err := w.machine.Files.Stat(ctx, name)
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return fileInfo{file}, nil
}

// access: containers mostly run as root, which may do anything but execute what no one may.
func (w world) access(ctx context.Context, name string, mode interp.AccessMode) error {
	file, err := w.machine.Files.Stat(ctx, name)
	if err != nil {
		return &fs.PathError{Op: "access", Path: name, Err: fs.ErrNotExist}
	}
	if mode&interp.AccessExec != 0 && !file.Directory && !file.Executable {
		return &fs.PathError{Op: "access", Path: name, Err: fs.ErrPermission}
	}
	return nil
}
