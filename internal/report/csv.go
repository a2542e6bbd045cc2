package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
)

// CSV is what an audit says of the workloads, one per line, for a spreadsheet. Memory is in bytes. Where the audit
// failed to read something, a last line says so.
func (r *Report) CSV() ([]byte, error) {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	running := slices.Sorted(maps.Keys(r.Audit.Total.Running))
	architectures := r.foreseen()
	head := []string{"namespace", "kind", "name", "template", "managed by", "at risk", "to " + r.Audit.Architecture,
		"why", "images", "whose", "newer tag"}
	for _, architecture := range architectures {
		head = append(head, "plan "+architecture)
	}
	for _, architecture := range running {
		title := runningTitle(architecture)
		head = append(head, "pods "+title, "cores "+title, "memory "+title)
	}
	for i, cell := range head { // an architecture is what a node says that it is
		head[i] = inert(cell)
	}
	lines := [][]string{head}
	for _, workload := range r.Workloads {
		lines = append(lines, workload.csvLine(architectures, running))
	}
	if r.Error != "" {
		last := make([]string, len(head))
		last[slices.Index(head, "why")] = inert(r.Error)
		lines = append(lines, last)
	}
	if err := w.WriteAll(lines); err != nil {
		return nil, fmt.Errorf("writing the report as CSV: %w", err)
	}
	return text.Bytes(), nil
}

func (w Workload) csvLine(architectures, running []string) []string {
	var images, whose, newer []string
	for _, blame := range w.Audit.Images {
		images = append(images, blame.Reference)
		whose = append(whose, map[bool]string{true: "own", false: "third party"}[blame.Own])
		newer = append(newer, blame.Newer)
	}
	line := []string{
		w.Namespace, w.Kind, w.Name, w.Template, w.Audit.ManagedBy, string(w.Audit.Risk), string(w.Audit.Move), w.Audit.Why,
		strings.Join(images, " "), strings.Join(slices.Compact(whose), " "), strings.TrimSpace(strings.Join(newer, " ")),
	}
	for _, architecture := range architectures {
		line = append(line, w.auditCell(architecture))
	}
	for i, cell := range line {
		line[i] = inert(cell)
	}
	for _, architecture := range running {
		line = append(line, usageCells(w.Audit.Running[architecture])...)
	}
	return line
}

func usageCells(u audit.Usage) []string {
	return []string{strconv.Itoa(u.Pods), strconv.FormatFloat(u.Cores, 'f', -1, 64), strconv.FormatInt(u.Memory, 10)}
}

// inert is a text that no spreadsheet takes for a formula: https://owasp.org/www-community/attacks/CSV_Injection
func inert(text string) string {
	text = strings.TrimSpace(redact.OneLine(text))
	if text != "" && strings.ContainsAny(text[:1], "=+-@") {
		return "'" + text
	}
	return text
}
