package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

// failures says why it ended before the time: what is permanent as errors, other trouble beside it as warnings, since it
// might have healed.
func (tr *tracker) failures() []finding.Finding {
	var all []finding.Finding
	mine := tr.byWorkload()
	for _, t := range tr.order {
		causes := causes(t, mine[t], tr.opts.StableFor, finding.Warning)
		all = append(all, causes...)
		if t.state.status == status.FailedStatus && finding.Worst(causes) != finding.Error {
			all = append(all, t.failure())
		}
	}
	return all
}

// overdue says what was not ready in time, and why.
func (tr *tracker) overdue(timeout time.Duration) []finding.Finding {
	var all []finding.Finding
	mine := tr.byWorkload()
	now := time.Now()
	for _, t := range tr.order {
		if at, ok := t.doneAt(mine[t], tr.opts.StableFor); ok && !at.After(now) {
			continue
		}
		causes := causes(t, mine[t], tr.opts.StableFor, finding.Error)
		all = append(all, t.deadline(timeout, causes))
		all = append(all, causes...)
	}
	return all
}

// causes joins the troubles of a workload's pods: one finding for all that fail alike on one architecture. What does not
// doom gets the severity given.
func causes(t *trackedObject, pods []*trackedPod, stableFor time.Duration, rest finding.Severity) []finding.Finding {
	type alike struct {
		code                           finding.Code
		architecture, container, image string
	}
	count := map[alike]int{}
	var order []alike
	first := map[alike]finding.Finding{}
	for _, p := range sorted(pods) {
		if _, stable := p.stability.stableAt(p.Pod, stableFor); p.diagnosis.Finding == nil || stable && !p.diagnosis.Permanent {
			continue
		}
		f := p.diagnosis.Finding
		a := alike{f.Code, f.Architecture, f.Container, f.Image}
		if count[a]++; count[a] == 1 {
			order = append(order, a)
			first[a] = ofWorkload(t, p, rest)
		}
	}
	slices.SortStableFunc(order, func(x, y alike) int {
		return cmp.Or(cmp.Compare(x.architecture, y.architecture), cmp.Compare(x.container, y.container))
	})
	findings := make([]finding.Finding, 0, len(order))
	for _, a := range order {
		f := first[a]
		if n := count[a]; n > 1 {
			f.Message += fmt.Sprintf("\n%d pods of %s are in this state.", n, t.name)
		}
		findings = append(findings, f)
	}
	return findings
}

func ofWorkload(t *trackedObject, p *trackedPod, rest finding.Severity) finding.Finding {
	f := *p.diagnosis.Finding
	f.Object = t.id
	if !p.diagnosis.Permanent {
		f.Severity = rest
	}
	return f
}

// failure is the finding for an object that failed without a pod to blame.
func (t *trackedObject) failure() finding.Finding {
	code := finding.Unhealthy
	switch t.last.GetKind() {
	case "Deployment":
		code = finding.Deadline
	case "Job", "Pod":
		code = finding.CrashLoop
	}
	return finding.Finding{
		Code: code, Severity: finding.Error, Object: t.id,
		Message: fmt.Sprintf("%s failed: %s.", t.name, t.state.message),
		Fix:     t.describe(),
	}
}

func (t *trackedObject) deadline(timeout time.Duration, causes []finding.Finding) finding.Finding {
	f := finding.Finding{
		Code: finding.Deadline, Severity: finding.Error, Object: t.id,
		Message: fmt.Sprintf("%s was not ready after %s: %s.", t.name, timeout, cmp.Or(t.state.message, "it keeps changing")),
		Fix:     t.describe() + " Or raise wait-timeout.",
	}
	if t.state.status == status.CurrentStatus {
		f.Message = fmt.Sprintf("%s was complete, but could not be watched for long enough to see that its pods last, within %s.", t.name, timeout)
	}
	if refusal := t.replicaFailure(); refusal != "" {
		f.Message += " Its pods can't be made: " + refusal + "."
	}
	for _, c := range causes {
		f.Message += fmt.Sprintf(" Cause: %s.", c.Code)
		f.Fix = c.Fix
	}
	return f
}

// replicaFailure is why a controller can't make pods: a quota, an admission rule, a ServiceAccount that is missing.
func (t *trackedObject) replicaFailure() string {
	if c := object.ConditionOf(t.last, "ReplicaFailure"); c.Status == "True" {
		return strings.TrimSuffix(c.Message, ".")
	}
	return ""
}

func (t *trackedObject) describe() string {
	if t.last.GetNamespace() == "" {
		return fmt.Sprintf("See kubectl describe %s %s.", t.last.GetKind(), t.last.GetName())
	}
	return fmt.Sprintf("See kubectl -n %s describe %s %s.", t.last.GetNamespace(), t.last.GetKind(), t.last.GetName())
}

func sorted(pods []*trackedPod) []*trackedPod {
	return slices.SortedFunc(slices.Values(pods), func(x, y *trackedPod) int {
		return cmp.Or(cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name))
	})
}
