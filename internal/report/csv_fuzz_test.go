package report_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
	"github.com/multiarch-deploy/multiarch-deploy/internal/test/reports"
)

// FuzzCSV: no name adds a line or a cell to the table of an audit, begins a formula in a spreadsheet, or steers a
// terminal.
func FuzzCSV(f *testing.F) {
	for _, name := range append(reports.Hostile, "=1+1", "\t=1", "\r\n@x", "\"", "a,b", "\ufeff-1", "\u202e=1") {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		r := reports.Named(name)
		running := map[string]audit.Usage{name: {Pods: 1}}
		r.Audit = &audit.Result{Architecture: name, Total: audit.Sum{Running: running}}
		r.Workloads[0].Audit = &audit.Row{Why: name, ManagedBy: name, Running: running,
			Images: []audit.Blame{{Reference: name, Newer: name}}}
		r.Workloads[0].Kind, r.Workloads[0].Namespace = name, name
		content, err := r.CSV()
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
		if err != nil || len(lines) != 2 {
			t.Fatalf("%d lines, error %v:\n%s", len(lines), err, content)
		}
		for _, cell := range append(lines[0], lines[1]...) {
			if formula := strings.TrimSpace(cell); formula != "" && strings.ContainsAny(formula[:1], "=+-@") ||
				redact.OneLine(cell) != cell {
				t.Errorf("a cell acts on its reader: %q", cell)
			}
		}
	})
}
