package launch

import (
	"context"
	"errors"
	"path"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

// ErrNotInPath is for a command without a slash that no directory of PATH has (the words are those of Go's os/exec,
// which runc prints). It comes wrapped in a *rootfs.PathError, as does ErrTooLong, Linux's word for E2BIG.
var (
	ErrNotInPath = errors.New("executable file not found in $PATH")
	ErrTooLong   = errors.New("argument list too long")
)

// DefaultPath is what containerd sets where neither image nor pod sets PATH.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// maxInterpreters is how many #! lines Linux follows for one start (fs/exec.c, exec_binprm: depth > 5).
const maxInterpreters = 5

// Command is what a container is given to start.
type Command struct {
	Args []string // the first one is looked up; must not be empty
	Env  []string // KEY=value; of a KEY given twice the last one counts. Only PATH matters here
	Dir  string   // the working directory; "/" if empty
}

// Program is what Linux would load for a Command.
type Program struct {
	Path    string        // the file that the command names, as the command reaches it
	Args    []string      // of the loaded file: those of the #! lines come before the command's own
	Scripts []rootfs.File // the #! scripts passed on the way, outermost first; none for a binary
	File    rootfs.File   // the file that is loaded at the end
	// Architecture is the GOARCH of the loaded file. It is empty when the file is no ELF binary or one for an
	// unknown machine; no Linux node starts it then ("exec format error").
	Architecture string
}

// Find resolves a command as runc does: a name with a slash relative to the working directory, any other along PATH;
// then #! lines as Linux does. Its errors are a *rootfs.PathError for the command itself; an interpreter that is
// missing comes as *InterpreterError, since it fails later, when the program is started.
func Find(ctx context.Context, fsys *rootfs.FS, cmd Command) (Program, error) {
	if err := fits(cmd); err != nil {
		return Program{}, err
	}
	name, err := locate(ctx, fsys, cmd)
	if err != nil {
		return Program{}, err
	}
	return load(ctx, fsys, Program{Path: name, Args: append([]string{name}, cmd.Args[1:]...)}, cmd.Dir)
}

// fits refuses what the kernel refuses (execve(2), E2BIG).
func fits(cmd Command) error {
	all := 0
	for _, list := range [][]string{cmd.Args, cmd.Env} {
		for _, text := range list {
			const pointer = 8 // is counted, too
			if all += len(text) + 1 + pointer; len(text) >= rootfs.MaxArg || all > rootfs.MaxArgs {
				return &rootfs.PathError{Path: shortened(cmd.Args[0]), Err: ErrTooLong}
			}
		}
	}
	return nil
}

func shortened(text string) string {
	const most = 80
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// locate mirrors exec.LookPath, which runc calls inside of the container.
func locate(ctx context.Context, fsys *rootfs.FS, cmd Command) (string, error) {
	name := cmd.Args[0]
	if strings.Contains(name, "/") {
		return name, executable(ctx, fsys, name, cmd.Dir)
	}
	for dir := range strings.SplitSeq(searchPath(cmd.Env), ":") {
		candidate := path.Join("/", cmd.Dir, dir, name)
		if path.IsAbs(dir) {
			candidate = path.Join(dir, name)
		}
		err := executable(ctx, fsys, candidate, "")
		if err == nil {
			return candidate, nil
		}
		if !isPathError(err) {
			return "", err
		}
	}
	return "", &rootfs.PathError{Path: name, Err: ErrNotInPath}
}

func searchPath(env []string) string {
	found := DefaultPath
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, "PATH="); ok {
			found = value
		}
	}
	return found
}

func executable(ctx context.Context, fsys *rootfs.FS, name, dir string) error {
	file, err := fsys.Stat(ctx, absolute(name, dir))
	switch {
	case err != nil:
		return named(err, name)
	case file.Directory:
		return &rootfs.PathError{Path: name, Err: rootfs.ErrIsDirectory}
	case !file.Executable:
		return &rootfs.PathError{Path: name, Err: rootfs.ErrNotExecutable}
	}
	return nil
}

// absolute must not clean the path: ".." after a symbolic link is the file system's to resolve.
func absolute(name, dir string) string {
	if path.IsAbs(name) {
		return name
	}
	return dir + "/" + name
}
