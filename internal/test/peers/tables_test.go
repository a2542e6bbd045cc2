//go:build peers

package peers_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/multiarch-deploy/multiarch-deploy/internal/test/peers"
)

var (
	partsFlag  = flag.String("parts", "", "the parts to measure, separated by spaces; all by default")
	rounds     = flag.Int("rounds", 5, "how often each is measured")
	slowRounds = flag.Int("slow-rounds", 3, "how often at most what takes minutes: with a slow network, and builds")
	page       = flag.String("page", filepath.Join(root, "docs", "speed.md"), "the page to write the tables to")
)

// part is a comparison with a table of its own.
type part struct {
	name    string
	measure func(*testing.T) (table string)
}

var parts = []part{
	{"start", beside("kubectl", start)},
	{"render", beside("kustomize", render)},
	{"apply", beside("kubectl", func(t *testing.T) []peers.Row { return applying(t, 0, *rounds) })},
	{"latency", beside("kubectl", func(t *testing.T) []peers.Row {
		return applying(t, 50*time.Millisecond, min(*rounds, *slowRounds))
	})},
	{"verdict", beside("kubectl", verdict)},
	{"verify", beside("crane", verify)},
	{"plan", beside("kubectl", plan)},
}

// beside is a comparison with one peer.
func beside(peer string, measure func(*testing.T) []peers.Row) func(*testing.T) string {
	return func(t *testing.T) string { return peers.Table(peer, measure(t)) }
}

func TestTable_of_each_part(t *testing.T) {
	wanted := strings.Fields(*partsFlag)
	for _, name := range wanted {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			t.Errorf("no part is called %s", name)
		}
	}
	for _, test := range parts {
		if len(wanted) > 0 && !slices.Contains(wanted, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			began := time.Now()
			text := fmt.Sprintf("%s\n\n%s", circumstances(began), test.measure(t))
			t.Log("\n" + text)
			write(t, test.name, text)
		})
	}
}

// circumstances say when and where, and what else the machine did.
func circumstances(began time.Time) string {
	load, _ := os.ReadFile("/proc/loadavg") // empty elsewhere
	busy := ""
	if fields := strings.Fields(string(load)); len(fields) > 2 {
		busy = ", load average of the last five minutes " + fields[1]
	}
	return fmt.Sprintf("Measured on %s on %d CPUs (%s, %s%s).", began.UTC().Format("2006-01-02"), runtime.NumCPU(),
		processor(), runtime.GOOS+"/"+runtime.GOARCH, busy)
}

func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return "a processor that this system does not name"
}

// write writes the table at once, so that what was measured stays where a later part fails.
func write(t *testing.T, part, text string) {
	t.Helper()
	content, err := os.ReadFile(*page)
	if err != nil {
		t.Fatal(err)
	}
	replaced, err := peers.Replace(string(content), part, text)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*page, []byte(replaced), 0o644); err != nil {
		t.Fatal(err)
	}
}

// inTurns runs two commands as often as asked, in turns, so that both meet the same machine. Whose turn is first
// changes.
func inTurns(t *testing.T, rounds int, ours, theirs func(round int) peers.Command) (a, b []peers.Usage) {
	t.Helper()
	for round := range rounds {
		if round%2 == 1 && theirs != nil {
			b = append(b, measure(t, theirs(round)))
			a = append(a, measure(t, ours(round)))
			continue
		}
		a = append(a, measure(t, ours(round)))
		if theirs != nil {
			b = append(b, measure(t, theirs(round)))
		}
	}
	return a, b
}

func measure(t *testing.T, c peers.Command) peers.Usage {
	t.Helper()
	used, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%8s wall %8s CPU %4d MB  %s %.60q", used.Wall.Round(time.Millisecond), used.CPU.Round(time.Millisecond),
		used.Peak/1e6, filepath.Base(c.Path), c.Args)
	return used
}

// start is the program's start, and what a runner fetches to have it.
func start(t *testing.T) []peers.Row {
	ours, theirs := program(t, "multiarch-deploy"), kubectl(t)
	a, b := inTurns(t, 4**rounds,
		func(int) peers.Command { return peers.Command{Path: ours, Args: []string{"version"}} },
		func(int) peers.Command { return peers.Command{Path: theirs, Args: []string{"version", "--client"}} })
	return []peers.Row{{
		What: "start: `version`", Ours: a, Theirs: b,
		Note: fmt.Sprintf("compressed programs: %.1f MB, kubectl %.1f MB", compressed(t, ours), compressed(t, theirs)),
	}}
}

// compressed is a program's size in an image's layer, in MB.
func compressed(t *testing.T, path string) float64 {
	t.Helper()
	file, err := os.Open(path)
	must(t, err)
	defer file.Close()
	var packed countingWriter
	zip, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	must(t, err)
	_, err = io.Copy(zip, file)
	must(t, err)
	must(t, zip.Close())
	return float64(packed) / 1e6
}

type countingWriter int64

// Write implements io.Writer.
func (c *countingWriter) Write(p []byte) (int, error) {
	*c += countingWriter(len(p))
	return len(p), nil
}

// render sets images and renders, where kustomize renders alone.
func render(t *testing.T) []peers.Row {
	var rows []peers.Row
	for _, count := range []int{1000, 2500} {
		dir := t.TempDir()
		writeObjects(t, dir, objects{namespace: "shop", registry: "ghcr.io", count: count})
		ours, theirs := inTurns(t, *rounds,
			func(int) peers.Command {
				return peers.Command{Path: program(t, "multiarch-deploy"), Dir: dir, Args: []string{"rewrite",
					"--images", "registry/app=ghcr.io/shop/app", "--tag", "v2"}}
			},
			func(int) peers.Command {
				return peers.Command{Path: program(t, "kustomize"), Args: []string{"build", dir}}
			})
		rows = append(rows, peers.Row{What: fmt.Sprintf("render %d objects", count), Ours: ours, Theirs: theirs,
			Note: "CPU: 1.3 × kustomize's at most"})
	}
	return rows
}
