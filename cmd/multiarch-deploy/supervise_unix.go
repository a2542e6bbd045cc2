//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action"
)

// The program runs twice: a worker does everything, and this process starts it and outlives it. The worker's real
// output is on descriptors of its own. What libraries write to standard output or standard error themselves, and the
// runtime when it crashes, comes to this process, which cleans it of workflow commands and control characters like any
// other text. And a crash of any kind still leaves a report, a summary and outputs.

// workerName is the name under which the worker is started.
const workerName = "multiarch-deploy-worker"

// The worker's descriptors, as exec.Cmd numbers its extra files.
const (
	stdoutFD   = 3
	stderrFD   = 4
	endedFD    = 5 // the worker says here that it has reported everything itself
	lifelineFD = 6 // closed when this process is gone, however it ended
)

// statusInterrupted is that of a worker that a second signal ended.
const statusInterrupted = 130

func isWorker() bool { return os.Args[0] == workerName }

// becomeWorker gives the program the real output. What it returns is called when everything is reported.
func becomeWorker(program *action.Program) (ended func()) {
	if !isWorker() {
		return func() {}
	}
	for fd := stdoutFD; fd <= lifelineFD; fd++ {
		syscall.CloseOnExec(fd)
	}
	stdout := os.NewFile(stdoutFD, "stdout")
	program.Stdout, program.Stderr, program.Width = stdout, os.NewFile(stderrFD, "stderr"), width(stdout)
	go func() {
		_, _ = io.Copy(io.Discard, os.NewFile(lifelineFD, "lifeline"))
		os.Exit(statusInterrupted)
	}()
	return func() { _, _ = os.NewFile(endedFD, "ended").WriteString("ended") }
}

// supervise runs the worker and returns its status. It is not ok where no worker could be started.
func supervise(program action.Program) (status int, ok bool) {
	w, err := startWorker()
	if err != nil {
		return 0, false
	}
	crash := make(chan string, 1)
	go func() { crash <- program.Stray(w.stray) }()
	ended, _ := io.ReadAll(w.ended)
	_ = w.cmd.Wait()
	_ = w.stray.SetReadDeadline(time.Now().Add(time.Second)) // a process that the worker started may keep it open
	cause := <-crash
	_ = w.lifeline.Close()
	state := w.cmd.ProcessState
	if len(ended) > 0 {
		return state.ExitCode(), true
	}
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() &&
		(ws.Signal() == syscall.SIGINT || ws.Signal() == syscall.SIGTERM) {
		return statusInterrupted, true
	}
	if program.Crash = cause; cause == "" {
		program.Crash = fmt.Sprintf("its process ended: %s", state)
	}
	return program.Main(context.Background(), os.Args[1:]), true
}

type worker struct {
	cmd          *exec.Cmd
	stray, ended *os.File
	// lifeline is held open as long as this process lives.
	lifeline *os.File
}

func startWorker() (*worker, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var read, write [3]*os.File
	for i := range read {
		if read[i], write[i], err = os.Pipe(); err != nil {
			return nil, err
		}
	}
	cmd := &exec.Cmd{
		Path: path, Args: append([]string{workerName}, os.Args[1:]...),
		Stdin: os.Stdin, Stdout: write[0], Stderr: write[0],
		ExtraFiles: []*os.File{os.Stdout, os.Stderr, write[1], read[2]},
		// Ctrl-C goes to a whole process group. On a terminal the worker stays in it, so that a plugin of a kubeconfig may
		// ask there; elsewhere it gets the signals sent on below alone.
		SysProcAttr: &syscall.SysProcAttr{Setpgid: !term.IsTerminal(int(os.Stdin.Fd()))},
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		signal.Stop(signals)
		return nil, err
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s)
		}
	}()
	for _, file := range []*os.File{write[0], write[1], read[2]} {
		_ = file.Close()
	}
	return &worker{cmd: cmd, stray: read[0], ended: read[1], lifeline: write[2]}, nil
}
