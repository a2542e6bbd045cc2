//go:build unix

package cluster_test

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkStart measures how long a cluster takes from start to ready, and the resident memory of all its
// processes five seconds later, shared pages counted in each.
func BenchmarkStart(b *testing.B) {
	build(b)
	var seconds, megabytes float64
	for b.Loop() {
		began := time.Now()
		p := start(b, "--preset", "gke")
		seconds += time.Since(began).Seconds()
		time.Sleep(5 * time.Second)
		megabytes += p.resident(b)
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
	b.ReportMetric(seconds/float64(b.N), "s/ready")
	b.ReportMetric(megabytes/float64(b.N), "MB")
}

// resident returns the resident memory of the program and its children, in megabytes.
func (p *program) resident(b *testing.B) float64 {
	b.Helper()
	pids := []string{strconv.Itoa(p.cmd.Process.Pid)}
	for _, pid := range p.children(b) {
		pids = append(pids, strconv.Itoa(pid))
	}
	out, err := exec.Command("ps", "-o", "rss=", "-p", strings.Join(pids, ",")).Output()
	if err != nil {
		b.Fatal(err)
	}
	var total float64
	for _, field := range strings.Fields(string(out)) {
		var kilobytes float64
		if _, err := fmt.Sscan(field, &kilobytes); err != nil {
			b.Fatalf("reading %q of ps: %v", field, err)
		}
		total += kilobytes / 1024
	}
	return total
}
