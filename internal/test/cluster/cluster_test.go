package cluster_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/cluster"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/programs"
)

// victim makes the test binary start a cluster, tell of it, and wait to be killed.
const victim = "LOCALCLUSTER_TEST_VICTIM"

func TestMain(m *testing.M) {
	if os.Getenv(victim) == "" {
		os.Exit(m.Run())
	}
	c, err := cluster.Start(context.Background(), cluster.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(c)
	select {}
}

func TestStart(t *testing.T) {
	nodes := filepath.Join(t.TempDir(), "nodes.yaml")
	if err := os.WriteFile(nodes, []byte("pools: [{name: big, architecture: s390x}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), cluster.Options{NodesFile: nodes})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Stop()
	push(t, c.Registry)
	got := kubectl(t, c, "get", "nodes", "-L", "kubernetes.io/arch", "-o",
		"custom-columns=:metadata.name,:.status.nodeInfo.architecture", "--no-headers")
	if diff := cmp.Diff("big-0   s390x\n", got); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	// The same release on both sides, or kubectl warns.
	want := "Client Version: v1.36.3\nKustomize Version: v5.8.1\nServer Version: v1.36.3\n"
	if diff := cmp.Diff(want, kubectl(t, c, "version")); diff != "" {
		t.Errorf("kubectl version (-want +got):\n%s", diff)
	}
	c.Stop()
	if _, err := os.Stat(c.Kubeconfig); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Stop the kubeconfig is still there (%v)", err)
	}
}

// push writes an image to the registry.
func push(t *testing.T, registry string) {
	t.Helper()
	ref, err := name.ParseReference(registry + "/app:v1")
	if err != nil {
		t.Fatal(err)
	}
	image, err := random.Image(1024, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Errorf("pushing to the cluster's registry: %v", err)
	}
}

// kubectl runs kubectl of the cluster's own release.
func kubectl(t *testing.T, c *cluster.Cluster, args ...string) string {
	t.Helper()
	program, err := programs.Kubectl(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, append([]string{"--kubeconfig", c.Kubeconfig}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func TestStart_reports_what_went_wrong(t *testing.T) {
	var log bytes.Buffer
	_, err := cluster.Start(t.Context(), cluster.Options{Preset: "eks", Log: &log})
	want := "starting a local cluster: localcluster ended (exit status 1):\n" +
		`localcluster: no preset is named "eks": use aks or gke, or describe the nodes in a file and pass it with --nodes` +
		"\n"
	if err == nil || err.Error() != want {
		t.Errorf("error %q: want %q", err, want)
	}
	if !bytes.Contains(log.Bytes(), []byte("no preset")) {
		t.Errorf("the log lacks what the program wrote: %q", log.String())
	}
}

func TestKilled_caller_leaves_nothing(t *testing.T) {
	tmp := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(cmd.Environ(), victim+"=1", "TMPDIR="+tmp)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var c cluster.Cluster
	err = json.NewDecoder(stdout).Decode(&c)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if err != nil {
		t.Fatalf("the caller started no cluster: %v", err)
	}
	// The program removes its directory last of all, when its components are gone.
	deadline := time.Now().Add(20 * time.Second)
	for {
		left, err := os.ReadDir(tmp)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("20 s after its caller was killed, the program's %s is still there", left[0].Name())
		}
		time.Sleep(20 * time.Millisecond)
	}
}
