//go:build unix

package renderer

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// 300 entries on 30 objects took half a minute of CPU time, the square of the entries; now they take a second.
func TestRun_takes_no_longer_than_the_entries_do(t *testing.T) {
	app := ""
	for i := range 30 {
		app += fmt.Sprintf("---\napiVersion: v1\nkind: Pod\nmetadata: {name: p%d}\n"+
			"spec: {containers: [{name: c, image: registry/app%d}]}\n", i, i)
	}
	for name, files := range map[string]map[string]string{
		"in_the_root": {"kustomization.yaml": "resources: [app.yaml]\n" + imageEntries(300), "app.yaml": app},
		"in_a_base": {"kustomization.yaml": "resources: [base]\n", "base/app.yaml": app,
			"base/kustomization.yaml": "resources: [app.yaml]\n" + imageEntries(300)},
	} {
		t.Run(name, func(t *testing.T) {
			before := childrensTime(t)
			response, err := Run(t.Context(), folder(t, files))
			if err != nil || len(response.Objects) != 30 || !strings.HasSuffix(response.Objects[9].Source.File, "app.yaml") {
				t.Errorf("got %v, %v; want 30 objects of app.yaml", response, err)
			}
			if took := childrensTime(t) - before; took > 8*time.Second {
				t.Errorf("it took %s of CPU time", took)
			}
		})
	}
}

// childrensTime is the CPU time of the processes that this one has waited for. How busy the machine is does not count.
func childrensTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
