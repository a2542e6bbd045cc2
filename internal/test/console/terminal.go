package console

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// patience is how long a shell may take to end once its input has.
const patience = 20 * time.Second

// terminal is a shell that takes one command after another, as from a keyboard: folders and variables stay set.
type terminal struct {
	shell  *exec.Cmd
	keys   io.WriteCloser
	screen chan string
	mark   string
}

// openTerminal starts a shell in a folder. env is its whole environment.
func openTerminal(dir string, env []string) (*terminal, error) {
	t := &terminal{
		shell:  exec.Command("bash", "--noprofile", "--norc"),
		screen: make(chan string),
		mark:   "end of " + rand.Text(),
	}
	t.shell.Dir, t.shell.Env, t.shell.WaitDelay = dir, env, patience
	output, writer := io.Pipe()
	// One writer for both, as on a terminal, keeps their lines in order.
	t.shell.Stdout, t.shell.Stderr = writer, writer
	var err error
	if t.keys, err = t.shell.StdinPipe(); err != nil {
		return nil, err
	}
	if err := t.shell.Start(); err != nil {
		return nil, fmt.Errorf("starting a shell: %w", err)
	}
	go t.show(output)
	return t, nil
}

// show passes on what is printed, line by line.
func (t *terminal) show(output io.Reader) {
	defer close(t.screen)
	reader := bufio.NewReader(output)
	for {
		line, err := reader.ReadString('\n')
		t.screen <- line
		if err != nil {
			return
		}
	}
}

// run types a command and returns what it prints until it ends. The next command can ask for its status with $?.
func (t *terminal) run(command string, timeout time.Duration) (string, error) {
	// The mark starts a line of its own, also after an output that ends without one.
	typed := fmt.Sprintf("eval %s </dev/null\nstatus=$?; printf '\\n%s\\n'; (exit $status)\n", quote(command), t.mark)
	if _, err := io.WriteString(t.keys, typed); err != nil {
		return "", err
	}
	output, err := t.read(t.mark+"\n", timeout)
	output = strings.TrimSuffix(output, "\n")
	if output != "" && !strings.HasSuffix(output, "\n") {
		output += "\n"
	}
	return output, err
}

// start types a command that goes on running, and returns what it prints up to the last of the lines wanted. Its input
// stays open as long as the terminal.
func (t *terminal) start(command, want string, timeout time.Duration) (string, error) {
	if _, err := io.WriteString(t.keys, command+"\n"); err != nil {
		return "", err
	}
	last := want[strings.LastIndex(strings.TrimSuffix(want, "\n"), "\n")+1:]
	output, err := t.read(last, timeout)
	return output + last, err
}

// read returns what is printed up to a line.
func (t *terminal) read(last string, timeout time.Duration) (string, error) {
	var output strings.Builder
	deadline := time.After(timeout)
	for {
		select {
		case line, open := <-t.screen:
			switch {
			case !open:
				return output.String(), errors.New("the shell ended")
			case line == last:
				return output.String(), nil
			}
			output.WriteString(line)
		case <-deadline:
			return output.String(), fmt.Errorf("it has not come to %q within %s", strings.TrimSpace(last), timeout)
		}
	}
}

// close ends the shell's input, and with it the shell, and waits for what was started in it.
func (t *terminal) close() {
	go func() {
		for range t.screen { // a full pipe would hold up what is still printing
		}
	}()
	_ = t.keys.Close()
	timer := time.AfterFunc(patience, func() { _ = t.shell.Process.Kill() })
	defer timer.Stop()
	_ = t.shell.Wait()
}

// quote makes one word of a text for the shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
