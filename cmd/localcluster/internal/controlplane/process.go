package controlplane

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// stopTimeout is how long a component has to end by itself before it is killed.
const stopTimeout = 5 * time.Second

// process is one component of the control plane: this same program, started again under the component's name.
type process struct {
	name string
	log  string
	cmd  *exec.Cmd
	// lifeline is the component's standard input: it ends as soon as that closes. The operating system closes it
	// when this process dies, however it dies, so no component outlives it.
	lifeline io.Closer
	// done is closed when the process has ended.
	done chan struct{}
}

// start runs executable as the component name, in dir, where relative paths of its flags point; what it writes
// goes to name.log there.
func start(executable, dir, name string, flags []string) (*process, error) {
	path := filepath.Join(dir, name+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", name, err)
	}
	defer log.Close() // The child has its own copy.
	cmd := exec.Command(executable, append([]string{name}, flags...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	cmd.SysProcAttr = ownGroup()
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &process{name: name, log: path, cmd: cmd, lifeline: lifeline, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // cmd.ProcessState says how it ended.
	}()
	return p, nil
}

// stop ends the process and returns when it is gone.
func (p *process) stop() {
	_ = p.lifeline.Close()
	select {
	case <-p.done:
	case <-time.After(stopTimeout):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// died is the error of a component that ended although nobody asked it to; call it once done is closed.
func (p *process) died() error {
	return fmt.Errorf("%s ended unexpectedly (%s); its last lines:\n%s", p.name, p.cmd.ProcessState, p.tail(15))
}

// tail returns the last lines of the component's log, indented.
func (p *process) tail(lines int) string {
	data, err := os.ReadFile(p.log)
	if err != nil {
		return "  (no log: " + err.Error() + ")"
	}
	all := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	return "  " + strings.Join(all[max(0, len(all)-lines):], "\n  ")
}
