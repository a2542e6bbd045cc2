// Package finding contains the catalogue of things that can be wrong with a deploy.
// Stages return findings as values; the report turns them into words.
package finding

import (
	"fmt"
	"slices"
)

// Severity says how much a finding matters.
type Severity string

// The severities, from worst to least. Only an Error makes a deploy fail.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Finding is one thing that is wrong, or worth knowing, and what to do about it.
// Fields that do not apply stay empty; their JSON names are part of the report's format.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	// Object is the Kubernetes object at fault, as object.ID writes it: "apps/v1 Deployment shop/cart".
	Object string `json:"object"`
	// Container is the name of the container, init container or sidecar at fault.
	Container string `json:"container"`
	// Image is the image reference as the manifest or the input has it.
	Image string `json:"image"`
	// Node is the name of the node on which it was seen.
	Node string `json:"node"`
	// Architecture is a GOARCH value such as "arm64", as in the node label kubernetes.io/arch.
	Architecture string `json:"architecture"`
	// Message says what happened, to what, where and why, in one or two sentences.
	Message string `json:"message"`
	// Fix is what to change: a sentence, a command or a YAML patch to paste.
	Fix string `json:"fix"`
	// File is the file at fault, relative to the working directory, and Line its line, counted from 1; 0 is unknown.
	File string `json:"file"`
	Line int    `json:"line"`
}

// Worst returns the worst severity among the findings, or "" when there are none.
func Worst(findings []Finding) Severity {
	worst := Severity("")
	for _, f := range findings {
		if rank[f.Severity] > rank[worst] {
			worst = f.Severity
		}
	}
	return worst
}

// WorstFirst orders findings by severity, and otherwise leaves their order.
func WorstFirst(findings []Finding) []Finding {
	return slices.SortedStableFunc(slices.Values(findings), func(a, b Finding) int {
		return rank[b.Severity] - rank[a.Severity]
	})
}

var rank = map[Severity]int{Info: 1, Warning: 2, Error: 3}

// Sentence is the finding as a line of text: its severity, its code, where it is written, and its message.
func (f Finding) Sentence() string {
	where := f.File
	if f.Line > 0 {
		where = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	if where != "" {
		where = " (" + where + ")"
	}
	return fmt.Sprintf("%s %s%s: %s", f.Severity, f.Code, where, f.Message)
}
