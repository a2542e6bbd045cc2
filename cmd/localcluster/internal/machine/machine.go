// Package machine works out what would happen if a container's command were started on a node: by the files of its
// image, the CPUs of the node and of the programs, and, where a shell would be started, by what its script does. No
// process is ever started, and nothing of the host is read.
package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs/launch"
)

// ErrFormat is ENOEXEC: Linux has no way to load the file on this CPU.
var ErrFormat = errors.New("exec format error")

// Killed is the exit code of a process that SIGKILL ended.
const Killed = 137

// Machine stands for the CPU and kernel of a node, with one image's files on it. It starts nothing: it works out what
// would happen.
type Machine struct {
	Files *Files
	// Arch is the GOARCH of the node.
	Arch string
	// ExecExit is the exit code with which its version of runc ends a container whose program Linux refuses to load.
	ExecExit int
	// Finishes: a program that would run well ends at once with 0 (Jobs, init containers) instead of running for ever.
	Finishes bool
	// Term closes when the container is asked to stop (SIGTERM).
	Term <-chan struct{}
}

// Load finds a command's program and checks that this CPU can run it.
func (m Machine) Load(ctx context.Context, cmd launch.Command) (launch.Program, error) {
	p, err := m.Files.find(ctx, cmd)
	if err != nil {
		return p, err
	}
	if !runsOn(p.Architecture, m.Arch) {
		return p, ErrFormat
	}
	return p, nil
}

// runsOn: the 64-bit CPUs of x86 and Arm run the 32-bit programs of their family, which is also how containerd
// matches platforms.
func runsOn(program, node string) bool {
	return program == node || (program == "386" && node == "amd64") || (program == "arm" && node == "arm64")
}

// RunInit plays a container's first process and returns its exit code. A program that Linux refuses is reported by
// runc, in the container's log.
func (m Machine) RunInit(ctx context.Context, cmd launch.Command, out io.Writer) int {
	p, err := m.Load(ctx, cmd)
	if err != nil {
		fmt.Fprintf(out, "exec %s: %v\n", commandPath(p, cmd), reason(err))
		return m.ExecExit
	}
	return m.run(ctx, process{program: p, cmd: cmd, out: out, err: out, first: true})
}

// commandPath is what runc passes to execve: the path that PATH led to.
func commandPath(p launch.Program, cmd launch.Command) string {
	if p.Path != "" {
		return p.Path
	}
	return cmd.Args[0]
}

// reason is an error without the path: execve returns a bare number.
func reason(err error) error {
	var pathErr *rootfs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// process is one program that this machine can load.
type process struct {
	program  launch.Program
	cmd      launch.Command
	out, err io.Writer
	first    bool // the container's first process: it gets SIGTERM
}

// run plays a process: shells are interpreted, a few tools are known, and any other program is fine.
func (m Machine) run(ctx context.Context, p process) int {
	if script, ok := m.readScript(ctx, p); ok {
		return m.interpret(ctx, p, script)
	}
	if tool := toolNamed(p.name()); tool != nil {
		return tool(ctx, m, p)
	}
	return m.runFine(ctx, p)
}

// name is what the program thinks it is called: busybox decides by it what to be.
func (p process) name() string {
	base := p.program.Args[0][strings.LastIndexByte(p.program.Args[0], '/')+1:]
	if base == "busybox" && len(p.program.Args) > 1 {
		return p.program.Args[1]
	}
	return base
}

// args are the arguments behind the name.
func (p process) args() []string {
	args := p.program.Args[1:]
	if strings.HasSuffix(p.program.Args[0], "busybox") && len(args) > 0 {
		return args[1:]
	}
	return args
}

// runFine plays a program that nothing is known of but that it is built for this CPU. It says so in its log, then runs
// until it is told to stop, or ends well at once where it is expected to end.
func (m Machine) runFine(ctx context.Context, p process) int {
	if !p.first && endsAtOnce(p.name()) {
		return 0
	}
	fmt.Fprintf(p.out, "stand-in node: %s is a linux/%s program and would run here; nothing was started\n", p.program.Path,
		p.program.Architecture)
	if m.Finishes {
		return 0
	}
	var term <-chan struct{}
	if p.first {
		term = m.Term
	}
	select {
	case <-ctx.Done():
		return Killed
	case <-term:
		return 0
	}
}
