//go:build linux

package hostile

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a new one: the end of who sits before it, and the program's.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(person.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 200})
	}
	if err == nil {
		program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Close() })
	return person, program
}

// A person's terminal obeys escapes. What a kubeconfig's plugin prints past the program must not bring any there.
func TestTerminal_gets_no_escapes_of_a_plugin(t *testing.T) {
	j := newJob(t)
	delete(j.env, "GITHUB_ACTIONS")
	plugin := j.write("plugin", "#!/bin/sh\nprintf 'hello \\033]0;owned\\007 \\033[2J world\\n' >&2\n"+
		"[ -t 0 ] && echo it may ask >&2\n")
	kubeconfig := j.write("kubeconfig", fmt.Sprintf(strings.Replace(kubeconfigWithPlugin, "Never", "IfAvailable", 1),
		plugin))
	j.write("kustomization.yaml", "resources: [app.yaml]\n")
	j.write("app.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n")
	cmd, _, _ := j.command("plan", "--kubeconfig", kubeconfig, "--images",
		"app="+registry(t, refusing(http.StatusNotFound, "none"))+"/app", "--tag", "v1")
	person, program := terminal(t)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = program.Close()
	shown, _ := io.ReadAll(person) // ends with an error once nobody has the other end open
	_ = cmd.Wait()
	text := string(shown)
	if !strings.Contains(text, "hello") || !strings.Contains(text, "it may ask") {
		t.Errorf("the plugin's words are missing: %q", text)
	}
	if strings.Contains(text, "\x1b]0;owned") || strings.Contains(text, "\x1b[2J world") {
		t.Errorf("the terminal obeys: %q", text)
	}
}
