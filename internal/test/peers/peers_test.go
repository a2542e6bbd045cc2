package peers_test

import (
	"bytes"
	"io"
	"net"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/peers"
)

func TestSlow_delays_connections_and_answers(t *testing.T) {
	const roundTrip = 60 * time.Millisecond
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			conn, err := echo.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn); _ = conn.Close() }()
		}
	}()
	start := time.Now()
	conn, err := net.Dial("tcp", peers.Slow(t, echo.Addr().String(), roundTrip))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for at, atLeast := range []time.Duration{2 * roundTrip, 3 * roundTrip} { // the first waits for the connection, too
		if _, err := conn.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 5)
		if _, err := io.ReadFull(conn, answer); err != nil || !bytes.Equal(answer, []byte("hello")) {
			t.Fatalf("answer %q, %v", answer, err)
		}
		if took := time.Since(start); took < atLeast {
			t.Errorf("answer %d after %s, want %s at least", at, took, atLeast)
		}
	}
}

func TestCommand_Run_measures_children_too(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	// The child of the shell computes, and holds 40 MB for a moment.
	used, err := peers.Command{Path: shell, Statuses: []int{3}, Args: []string{"-c",
		`sh -c 'x=$(head -c 40000000 /dev/zero | tr "\0" x); sleep 0.2'; exit 3`}}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if used.Wall < 200*time.Millisecond || used.CPU < 5*time.Millisecond || used.CPU > used.Wall*4 {
		t.Errorf("used %+v", used)
	}
	if runtime.GOOS == "linux" && used.Peak < 30e6 {
		t.Errorf("peak of %d bytes, the child held 40 MB", used.Peak)
	}
	if _, err := (peers.Command{Path: shell, Args: []string{"-c", "echo why; exit 1"}}).Run(t.Context()); err == nil {
		t.Error("an unexpected status is no error")
	}
}

func TestTable(t *testing.T) {
	got := peers.Table("kubectl", []peers.Row{
		{What: "again", Ours: of(300, 100, 200), Theirs: of(2500, 2000, 9000), Note: "a note"},
		{What: "alone", Ours: of(1)},
	})
	want := `| | multiarch-deploy | kubectl | times faster | CPU | kubectl | times less | memory | kubectl | |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
| again | 200 ms | 2.5 s | 12.5 | 100 ms | 1.2 s | 12.5 | 20 MB | 250 MB | a note |
| alone | 1 ms |  |  | 0 ms |  |  | 0 MB |  |  |
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestWallTable(t *testing.T) {
	got := peers.WallTable([]string{"emulated", "native"}, []peers.Ways{
		{What: "service", Runs: [][]peers.Usage{of(9000, 8000, 2500), of(2000, 1000, 4000)}},
	})
	want := `| | emulated | native |
| --- | ---: | ---: |
| service | 8.0 s | 2.0 s (4.0 ×) |
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

// of are runs that took so many milliseconds.
func of(wall ...int) (all []peers.Usage) {
	for _, ms := range wall {
		d := time.Duration(ms) * time.Millisecond
		all = append(all, peers.Usage{Wall: d, CPU: d / 2, Peak: int64(ms) * 1e5})
	}
	return all
}

func TestReplace(t *testing.T) {
	const page = "# A\n<!-- apply -->\nold\n<!-- /apply -->\nrest\n"
	got, err := peers.Replace(page, "apply", "new\n")
	if want := "# A\n<!-- apply -->\nnew\n<!-- /apply -->\nrest\n"; err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := peers.Replace(page, "render", "new"); err == nil {
		t.Error("a page without the place is no error")
	}
}
