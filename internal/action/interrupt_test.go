package action_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/report"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

// TestInterrupt stops the real program in the middle of a rollout that never ends, as Ctrl-C or a cancelled job does.
func TestInterrupt(t *testing.T) {
	cluster := sharedCluster(t, "gke")
	pushImages(t, cluster.Registry, "interrupt",
		map[string]madeImage{"app": {Platforms: []string{"linux/amd64", "linux/arm64"}}})
	repo := repository(t, map[string]string{
		"kustomization.yaml": "namespace: interrupt\nresources: [app.yaml, namespace.yaml]\n",
		"namespace.yaml":     "apiVersion: v1\nkind: Namespace\nmetadata: {name: interrupt}\n",
		// More than any node has: the pods wait for ever.
		"app.yaml": strings.Replace(deployment, "image: registry/app",
			"image: registry/app, resources: {requests: {cpu: 1k}}", 1),
	})
	reportFile := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.Command(programs.Path(t), "run", "--tag", "v1", "--kustomization", repo, "--report", reportFile,
		"--images", "registry/app="+cluster.Registry+"/interrupt/app", "--kubeconfig", cluster.Kubeconfig, "--arch-policy",
		"warn")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	output := readUntil(t, stdout, "Watch the rollout")
	time.Sleep(time.Second) // into the rollout
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(stdout)
	_ = cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 130 {
		t.Errorf("status %d, want 130\n%s%s\n%s", status, output, rest, &stderr)
	}
	if want := "interrupted"; !strings.Contains(stderr.String(), want) {
		t.Errorf("no %q in %q", want, &stderr)
	}
	checkInterrupted(t, reportFile)
}

// checkInterrupted reads the report: what was done until then is in it.
func checkInterrupted(t *testing.T, file string) {
	t.Helper()
	var r report.Report
	if err := json.Unmarshal([]byte(read(t, file)), &r); err != nil {
		t.Fatal(err)
	}
	type seen struct {
		Verdict       report.Verdict
		Changes, Pods int
	}
	if diff := cmp.Diff(seen{report.Failed, 2, 2}, seen{r.Verdict, len(r.Changes), len(r.Pods)}); diff != "" {
		t.Error(diff)
	}
}

func readUntil(t *testing.T, r io.Reader, text string) string {
	t.Helper()
	var all bytes.Buffer
	for buffer := make([]byte, 1<<10); !strings.Contains(all.String(), text); {
		n, err := r.Read(buffer)
		all.Write(buffer[:n])
		if err != nil {
			t.Fatalf("%v before %q:\n%s", err, text, &all)
		}
	}
	return all.String()
}
