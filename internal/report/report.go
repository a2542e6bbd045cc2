// Package report is what a run found out and did: the JSON report, and the lines and tables that people read of it.
package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/apply/change"
	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
	"github.com/multiarch-deploy/multiarch-deploy/internal/rollout"
)

// Version is the version of the report's format. Fields may be added within a version, never renamed or removed.
const Version = 1

// Verdict is how a run ended, in a word.
type Verdict string

// The verdicts.
const (
	OK      Verdict = "ok"
	Warning Verdict = "warning"
	Failed  Verdict = "failed"
)

// Report is all that a run found out and did, as the JSON report has it. Lists are never null.
type Report struct {
	Version   int                   `json:"version"`
	Verdict   Verdict               `json:"verdict"`
	Images    []Image               `json:"images"`
	Edits     []edit.Change         `json:"edits"`
	Nodes     []placement.NodeGroup `json:"nodes"`
	Workloads []Workload            `json:"workloads"`
	// Patches are those of the file that the command fix writes.
	Patches []Patch       `json:"patches"`
	Changes change.Set    `json:"changes"`
	Pods    []rollout.Pod `json:"pods"`
	// Wanted is how many pods each workload asks for, by object.ID, where that is known: more than there are while some
	// cannot be created.
	Wanted map[string]int64 `json:"-"`
	// Commit is the one that records the images in the repository.
	Commit   Commit            `json:"commit"`
	Findings []finding.Finding `json:"findings"`
	// Audit is what an audit comes to in sum; what it says of a workload is beside that.
	Audit *audit.Result `json:"audit,omitempty"`
	// Timings are seconds by step.
	Timings map[string]float64 `json:"timings"`
	// Error is why the run ended early, or "".
	Error string `json:"error"`

	// Planned: Changes were not made.
	Planned bool `json:"-"`
	// NoPatches: the command fix has found nothing to keep.
	NoPatches bool `json:"-"`
	// Target is where the run deploys to; the zero value is nowhere.
	Target Target `json:"-"`
	// Steps are what Timings measure, in the order in which they ended.
	Steps []Step `json:"-"`
}

// Target names a cluster and the namespace of objects that name none.
type Target struct{ Cluster, Namespace string }

// Step is a step that was taken. Its name is a key of the report's timings, its title is for people.
type Step struct {
	Name, Title string
	Elapsed     time.Duration
	// Failed: it ended in an error, or found one.
	Failed bool
}

// Image is an image of the deploy and what the registry has of it.
type Image struct {
	Name      string   `json:"name"`
	Reference string   `json:"reference"`
	Digest    string   `json:"digest"`
	Platforms []string `json:"platforms"`
	// Manifests are the images of the platforms, in the order of the index.
	Manifests []Manifest `json:"manifests"`
	// Base is what the builder says that the image was built on.
	Base Base `json:"base"`
	// Attestations are the kinds that the index contains, such as "provenance" and "sbom".
	Attestations []string          `json:"attestations"`
	Findings     []finding.Finding `json:"findings"`
}

// Manifest is the image of one platform.
type Manifest struct {
	Platform string `json:"platform"`
	Digest   string `json:"digest"`
	// Size is what a node pulls, in bytes: manifest, config and packed layers.
	Size int64 `json:"size"`
	// Created is a time in RFC 3339, or "".
	Created string `json:"created"`
}

// Base names an image by its reference and digest; either may be "".
type Base struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
}

// New returns an empty report.
func New() *Report {
	return &Report{
		Version:   Version,
		Images:    []Image{},
		Edits:     []edit.Change{},
		Nodes:     []placement.NodeGroup{},
		Workloads: []Workload{},
		Patches:   []Patch{},
		Changes:   change.Set{},
		Pods:      []rollout.Pod{},
		Findings:  []finding.Finding{},
		Timings:   map[string]float64{},
	}
}

// Add notes findings.
func (r *Report) Add(findings ...finding.Finding) {
	r.Findings = append(r.Findings, findings...)
}

// Took notes a step and how long it took.
func (r *Report) Took(step Step) {
	r.Timings[step.Name] = step.Elapsed.Round(time.Millisecond).Seconds()
	r.Steps = append(r.Steps, step)
}

// Conclude sets the verdict from the findings and from whether the run ended in an error.
func (r *Report) Conclude(err error) {
	r.Verdict = OK
	worst := finding.Worst(r.Findings)
	if worst == finding.Warning {
		r.Verdict = Warning
	}
	if err != nil || worst == finding.Error {
		r.Verdict = Failed
	}
	if err != nil {
		r.Error = err.Error()
	}
}

// JSON is the report as indented JSON with a final newline. Printed on a runner, no line of it is a workflow command,
// and on a terminal no character steers it: what would is written as its code.
func (r *Report) JSON() ([]byte, error) {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the report as JSON: %w", err)
	}
	var text strings.Builder
	for _, letter := range strings.ReplaceAll(string(content), "##[", `##\u005b`) {
		if letter != '\n' && redact.Steers(letter) {
			fmt.Fprintf(&text, `\u%04x`, letter)
		} else {
			text.WriteRune(letter)
		}
	}
	return []byte(text.String() + "\n"), nil
}
