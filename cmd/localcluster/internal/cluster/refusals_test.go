//go:build unix

package cluster_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRefusals(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	dir := t.TempDir()
	taken := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"a_busy_registry_port", []string{"--registry", busy.Addr().String()},
			"localcluster: opening the registry's port: listen tcp " + busy.Addr().String() +
				": bind: address already in use; give another one to --registry, or 127.0.0.1:0 for any free one\n"},
		{"a_file_that_is_no_kubeconfig", []string{"--kubeconfig", taken},
			`localcluster: kubeconfig "` + taken +
				`" exists already, and is not a leftover of a local cluster that is gone; name another file, or remove it` + "\n"},
		{"a_kubeconfig_in_no_directory", []string{"--kubeconfig", filepath.Join(dir, "no", "kubeconfig")},
			`localcluster: kubeconfig: directory "` + filepath.Join(dir, "no") +
				`" does not exist; make it, or name another file` + "\n"},
		{"an_address_that_is_none", []string{"--address", "localhost"},
			`localcluster: --address: ParseAddr("localhost"): unable to parse IP; give an IP address of this machine` + "\n"},
		{"an_address_of_another_machine", []string{"--address", "192.0.2.99"},
			"starting the control plane\nlocalcluster: finding a free port of 192.0.2.99 for the API server: bind: cannot " +
				"assign requested address; give --address one of this machine\n"},
		{"an_unknown_preset", []string{"--preset", "eks"},
			`localcluster: no preset is named "eks": use aks or gke, or describe the nodes in a file and pass it with --nodes` +
				"\n"},
		{"no_nodes_file", []string{"--nodes", filepath.Join(dir, "nodes.yaml")},
			"localcluster: reading the nodes file: open " + filepath.Join(dir, "nodes.yaml") + ": no such file or directory\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, _ := up(t, test.args...)
			_ = p.cmd.Wait()
			if diff := cmp.Diff(test.want, p.stderr.String()); diff != "" {
				t.Errorf("standard error (-want +got):\n%s", diff)
			}
			if status := p.cmd.ProcessState.ExitCode(); status != 1 {
				t.Errorf("status %d: want 1", status)
			}
			p.expectNothingLeft(t, nil)
		})
	}
}

// A cluster that was killed leaves its kubeconfig; the next one takes its place.
func TestLeftover_kubeconfig_is_replaced(t *testing.T) {
	first := start(t)
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.cmd.Wait()
	_, server := first.client(t)
	eventually(t, "the API server ends", func() bool {
		conn, err := net.Dial("tcp", server)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	second := start(t, "--kubeconfig", first.kubeconfig)
	second.kubeconfig = first.kubeconfig
	client, _ := second.client(t)
	expectVersion(t, client)

	third, _ := up(t, "--kubeconfig", first.kubeconfig)
	_ = third.cmd.Wait()
	if !strings.Contains(third.stderr.String(), "exists already") {
		t.Errorf("the kubeconfig of a running cluster was taken:\n%s", &third.stderr)
	}
	expectVersion(t, client)
}
