//go:build unix

package supervisor

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/sandbox"
)

// workerName is the name under which the worker is started.
const workerName = "multiarch-deploy-worker"

// The worker's descriptors, as exec.Cmd numbers its extra files.
const (
	stdoutFD   = 3
	stderrFD   = 4
	endedFD    = 5 // the worker says here that it has reported everything itself
	lifelineFD = 6 // closed when the supervisor is gone, however it ended
)

// statusInterrupted is that of a worker that a second signal ended.
const statusInterrupted = 130

// begun is the worker that init has started, for main; nil where there is none.
var begun *Worker

func init() {
	if IsWorker() || sandbox.IsRenderer(os.Args[0]) {
		return
	}
	w, err := start()
	if err != nil {
		return // the program runs alone then
	}
	if w.endsQuietly() {
		os.Exit(w.cmd.ProcessState.ExitCode())
	}
	begun = w
}

// IsWorker reports whether this process is the worker.
func IsWorker() bool { return os.Args[0] == workerName }

// Become takes the worker's real output. What it returns is called when everything is reported.
func Become() (stdout, stderr *os.File, ended func()) {
	for fd := stdoutFD; fd <= lifelineFD; fd++ {
		syscall.CloseOnExec(fd)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.NewFile(lifelineFD, "lifeline"))
		os.Exit(statusInterrupted)
	}()
	return os.NewFile(stdoutFD, "stdout"), os.NewFile(stderrFD, "stderr"),
		func() { _, _ = os.NewFile(endedFD, "ended").WriteString("ended") }
}

// Worker is the process that does everything.
type Worker struct {
	cmd          *exec.Cmd
	stray, ended *os.File
	// lifeline is held open as long as this process lives.
	lifeline *os.File

	// first is the beginning of what it has written past its real output, empty where it has written nothing.
	first chan []byte
	// over is closed once it has ended; hasReported says whether it has reported everything itself.
	over        chan struct{}
	hasReported bool
}

// Begun returns the worker of this process, nil where no worker could be started.
func Begun() *Worker { return begun }

// Wait waits for the worker, whose stray output clean prints, and returns its status. Where it could not report its own
// end, crash says how it ended.
func (w *Worker) Wait(clean func(stray io.Reader) (crash string)) (status int, crash string) {
	crash = clean(io.MultiReader(bytes.NewReader(<-w.first), w.stray))
	<-w.over
	_ = w.lifeline.Close()
	state := w.cmd.ProcessState
	if w.hasReported {
		return state.ExitCode(), ""
	}
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() &&
		(ws.Signal() == syscall.SIGINT || ws.Signal() == syscall.SIGTERM) {
		return statusInterrupted, ""
	}
	if crash == "" {
		crash = fmt.Sprintf("its process ended: %s", state)
	}
	return 0, crash
}

// endsQuietly waits until the worker has ended. It is false as soon as there is something to clean up.
func (w *Worker) endsQuietly() bool {
	go func() {
		buffer := make([]byte, 4<<10)
		n, _ := w.stray.Read(buffer)
		w.first <- buffer[:n]
	}()
	go func() {
		said, _ := io.ReadAll(w.ended)
		_ = w.cmd.Wait()
		w.hasReported = len(said) > 0
		// A process that the worker started may keep it open.
		_ = w.stray.SetReadDeadline(time.Now().Add(time.Second))
		close(w.over)
	}()
	first := <-w.first
	if w.first <- first; len(first) > 0 {
		return false
	}
	<-w.over
	return w.hasReported
}

func start() (*Worker, error) {
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
	return &Worker{cmd: cmd, stray: read[0], ended: read[1], lifeline: write[2],
		first: make(chan []byte, 1), over: make(chan struct{})}, nil
}
