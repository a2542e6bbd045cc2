package rootfs

import (
	"path"
	"strings"
)

// DefaultPath is what containerd sets where neither image nor pod sets PATH.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// maxInterpreters is how many #! lines Linux follows for one start (fs/exec.c, exec_binprm: depth > 5).
const maxInterpreters = 5

// Command is what a container is told to start.
type Command struct {
	Args []string // the first one is looked up; must not be empty
	Env  []string // KEY=value; of a KEY given twice the last one counts. Only PATH matters here
	Dir  string   // the working directory; "/" if empty
}

// Program is what Linux would load for a Command.
type Program struct {
	Path    string   // the file that the command names, as the command reaches it
	Args    []string // of the loaded file: those of the #! lines come before the command's own
	Scripts []File   // the #! scripts passed on the way, outermost first; none for a binary
	File    File     // the file that is loaded at the end
	// Architecture is the GOARCH of the loaded file. It is empty when the file is no ELF binary or one for an
	// unknown machine; no Linux node starts it then ("exec format error").
	Architecture string
}

// Find resolves a command as runc does: a name with a slash relative to the working directory, any other along PATH;
// then #! lines as Linux does. Its errors are a *PathError for the command itself; an interpreter that is missing
// comes as *InterpreterError, since it fails later, when the program is started.
func (f *FS) Find(cmd Command) (Program, error) {
	name, err := f.locate(cmd)
	if err != nil {
		return Program{}, err
	}
	return f.load(Program{Path: name, Args: append([]string{name}, cmd.Args[1:]...)}, cmd.Dir)
}

// locate mirrors exec.LookPath, which runc calls inside of the container.
func (f *FS) locate(cmd Command) (string, error) {
	name := cmd.Args[0]
	if strings.Contains(name, "/") {
		return name, f.executable(name, cmd.Dir)
	}
	for _, dir := range strings.Split(searchPath(cmd.Env), ":") {
		candidate := path.Join("/", cmd.Dir, dir, name)
		if path.IsAbs(dir) {
			candidate = path.Join(dir, name)
		}
		err := f.executable(candidate, "")
		if err == nil {
			return candidate, nil
		}
		if !isPathError(err) {
			return "", err
		}
	}
	return "", &PathError{Path: name, Err: ErrNotInPath}
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

func (f *FS) executable(name, dir string) error {
	file, err := f.Stat(absolute(name, dir))
	switch {
	case err != nil:
		return named(err, name)
	case file.Directory:
		return &PathError{Path: name, Err: ErrIsDirectory}
	case !file.Executable:
		return &PathError{Path: name, Err: ErrNotExecutable}
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
