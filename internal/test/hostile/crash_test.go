//go:build unix

package hostile

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// waiting starts a run and returns when it waits for a registry that does not answer.
func (j *job) waiting(t *testing.T) (*exec.Cmd, func() result) {
	t.Helper()
	asked := make(chan struct{}, 100)
	host := registry(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	})
	cmd, stdout, stderr := j.command("verify", "--images", "app="+host+"/app", "--tag", "v1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-asked:
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("the registry is not asked:\n%s%s", stdout, stderr)
	}
	return cmd, func() result {
		_ = cmd.Wait()
		return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	}
}

// worker is the process that does the work of a run.
func worker(t *testing.T, of *exec.Cmd) int {
	t.Helper()
	for _, child := range children(t, of.Process.Pid) {
		return child
	}
	t.Fatal("the program has no worker")
	return 0
}

// children are the processes that a process has started.
func children(t *testing.T, of int) []int {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[1] == strconv.Itoa(of) {
			pid, _ := strconv.Atoi(fields[0])
			pids = append(pids, pid)
		}
	}
	return pids
}

// crashes are the ways in which a process ends that nobody asked to.
var crashes = []syscall.Signal{syscall.SIGKILL, syscall.SIGQUIT, syscall.SIGSEGV, syscall.SIGABRT}

// checkFailed looks at what a run that ended in its middle leaves behind: a report, a summary and outputs.
func checkFailed(t *testing.T, j *job, r result, status int, cause string) {
	t.Helper()
	if r.status != status {
		t.Errorf("status %d, want %d", r.status, status)
	}
	var report struct{ Verdict, Error string }
	if err := json.Unmarshal([]byte(read(t, filepath.Join(j.workspace, "multiarch-deploy-report.json"))),
		&report); err != nil {
		t.Error(err)
	}
	if report.Verdict != "failed" || !strings.Contains(report.Error, cause) {
		t.Errorf("report %+v", report)
	}
	if summary := read(t, j.env["GITHUB_STEP_SUMMARY"]); !strings.Contains(summary, "failed") {
		t.Errorf("summary %q", summary)
	}
	if output := read(t, j.env["GITHUB_OUTPUT"]); !strings.Contains(output, "\nfailed\n") {
		t.Errorf("outputs %q", output)
	}
	if t.Failed() {
		t.Log(r.log())
	}
}

func TestCrash_of_any_kind_is_reported(t *testing.T) {
	for _, signal := range crashes {
		t.Run(signal.String(), func(t *testing.T) {
			j := newJob(t)
			cmd, wait := j.waiting(t)
			if err := syscall.Kill(worker(t, cmd), signal); err != nil {
				t.Fatal(err)
			}
			checkFailed(t, j, wait(), 3, "multiarch-deploy itself failed")
		})
	}
}

// rendering starts a run that renders for long, and returns the process that does.
func (j *job) rendering(t *testing.T) (renderer int, cmd *exec.Cmd, wait func() result) {
	t.Helper()
	const app = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: app-%d}\nspec: {containers: [{name: app, image: app}]}\n"
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, app, i)
	}
	j.write("app.yaml", text.String())
	j.write("kustomization.yaml", "resources: [app.yaml]\n")
	cmd, stdout, stderr := j.command("rewrite", "--images", "app=me/app", "--tag", "v1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	wait = func() result {
		_ = cmd.Wait()
		return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	}
	for range 1000 {
		for _, worker := range children(t, cmd.Process.Pid) {
			for _, renderer := range children(t, worker) {
				return renderer, cmd, wait
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("nothing is rendered: %s", wait().log())
	return 0, nil, nil
}

func TestCrash_of_the_process_that_renders_is_reported(t *testing.T) {
	for _, signal := range crashes {
		t.Run(signal.String(), func(t *testing.T) {
			j := newJob(t)
			renderer, _, wait := j.rendering(t)
			if err := syscall.Kill(renderer, signal); err != nil {
				t.Fatal(err)
			}
			checkFailed(t, j, wait(), 3, "kustomize ended without a result")
		})
	}
}

// A run that computes hears an interrupt as well as one that waits.
func TestInterrupt_of_what_computes_is_130(t *testing.T) {
	t.Run("renderer", func(t *testing.T) {
		j := newJob(t)
		renderer, cmd, wait := j.rendering(t)
		_ = cmd.Process.Signal(os.Interrupt)
		checkFailed(t, j, wait(), 130, "interrupted")
		if syscall.Kill(renderer, 0) == nil {
			t.Errorf("process %d still renders", renderer)
		}
	})
	t.Run("layer", func(t *testing.T) {
		j := newJob(t)
		host, read := bottomless(t)
		cmd, stdout, stderr := j.command("verify", host+"/app:0")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-read
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		checkFailed(t, j, result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}, 130, "interrupted")
	})
}

func TestInterrupt_is_130(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			j := newJob(t)
			cmd, wait := j.waiting(t)
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if r := wait(); r.status != 130 || !strings.Contains(r.log(), "interrupted") {
				t.Errorf("status %d, want 130\n%s", r.status, r.log())
			}
			if report := read(t, filepath.Join(j.workspace, "multiarch-deploy-report.json")); !strings.Contains(report,
				"interrupted") {
				t.Errorf("report %s", report)
			}
		})
	}
}

// What is killed outright takes its worker with it.
func TestKill_leaves_no_worker_behind(t *testing.T) {
	cmd, wait := newJob(t).waiting(t)
	pid := worker(t, cmd)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	wait()
	for range 100 {
		if syscall.Kill(pid, 0) != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("process %d still runs", pid)
}
