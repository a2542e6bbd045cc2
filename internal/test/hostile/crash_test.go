//go:build unix

package hostile

import (
	"encoding/json"
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
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[1] == strconv.Itoa(of.Process.Pid) {
			pid, _ := strconv.Atoi(fields[0])
			return pid
		}
	}
	t.Fatalf("the program has no worker:\n%s", out)
	return 0
}

func TestCrash_of_any_kind_is_reported(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGQUIT, syscall.SIGSEGV, syscall.SIGABRT} {
		t.Run(signal.String(), func(t *testing.T) {
			j := newJob(t)
			cmd, wait := j.waiting(t)
			if err := syscall.Kill(worker(t, cmd), signal); err != nil {
				t.Fatal(err)
			}
			r := wait()
			if r.status != 3 {
				t.Errorf("status %d, want 3", r.status)
			}
			var report struct{ Verdict, Error string }
			if err := json.Unmarshal([]byte(read(t, filepath.Join(j.workspace, "multiarch-deploy-report.json"))),
				&report); err != nil {
				t.Error(err)
			}
			if report.Verdict != "failed" || !strings.Contains(report.Error, "multiarch-deploy itself failed") {
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
		})
	}
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
