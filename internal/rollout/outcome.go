package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
)

// failures says why it ended before the time: what dooms as errors, other trouble beside it as warnings, since it
// might have healed.
func (b *board) failures() []finding.Finding {
	var all []finding.Finding
	mine := b.byWorkload()
	for _, t := range b.order {
		causes := causes(t, mine[t], b.opts.Settle, finding.Warning)
		all = append(all, causes...)
		if t.state.status == status.FailedStatus && finding.Worst(causes) != finding.Error {
			all = append(all, t.failure())
		}
	}
	return all
}

// overdue says what was not ready in time, and why.
func (b *board) overdue(timeout time.Duration) []finding.Finding {
	var all []finding.Finding
	mine := b.byWorkload()
	now := time.Now()
	for _, t := range b.order {
		if at, ok := t.settledAt(mine[t], b.opts.Settle); ok && !at.After(now) {
			continue
		}
		causes := causes(t, mine[t], b.opts.Settle, finding.Error)
		all = append(all, t.deadline(timeout, causes))
		all = append(all, causes...)
	}
	return all
}

// causes joins the troubles of a workload's pods: one finding for all that fail alike on one architecture. What does not
// doom gets the severity given.
func causes(t *tracked, pods []*watchedPod, settle time.Duration, rest finding.Severity) []finding.Finding {
	type alike struct {
		code                           finding.Code
		architecture, container, image string
	}
	count := map[alike]int{}
	var order []alike
	first := map[alike]finding.Finding{}
	for _, p := range sorted(pods) {
		if _, steady := p.steady.settledAt(p.Pod, settle); p.cause == nil || steady && !p.doomed {
			continue
		}
		a := alike{p.cause.Code, p.cause.Architecture, p.cause.Container, p.cause.Image}
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

func ofWorkload(t *tracked, p *watchedPod, rest finding.Severity) finding.Finding {
	f := *p.cause
	f.Object = t.id
	if !p.doomed {
		f.Severity = rest
	}
	return f
}

// failure is the finding for an object that failed without a pod to blame.
func (t *tracked) failure() finding.Finding {
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

func (t *tracked) deadline(timeout time.Duration, causes []finding.Finding) finding.Finding {
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
func (t *tracked) replicaFailure() string {
	conditions, _, _ := unstructured.NestedSlice(t.last.Object, "status", "conditions")
	for _, item := range conditions {
		condition, ok := item.(map[string]any)
		if ok && condition["type"] == "ReplicaFailure" && condition["status"] == "True" {
			message, _ := condition["message"].(string)
			return strings.TrimSuffix(message, ".")
		}
	}
	return ""
}

func (t *tracked) describe() string {
	if t.last.GetNamespace() == "" {
		return fmt.Sprintf("See kubectl describe %s %s.", t.last.GetKind(), t.last.GetName())
	}
	return fmt.Sprintf("See kubectl -n %s describe %s %s.", t.last.GetNamespace(), t.last.GetKind(), t.last.GetName())
}

func sorted(pods []*watchedPod) []*watchedPod {
	return slices.SortedFunc(slices.Values(pods), func(x, y *watchedPod) int {
		return cmp.Or(cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name))
	})
}
