package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/annotation"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/podcount"
)

// failures says why it ended before the time: what is permanent as errors, other trouble beside it as warnings, since
// it might have healed.
func (tr *tracker) failures(now time.Time) []finding.Finding {
	var all []finding.Finding
	mine := tr.byWorkload()
	for _, t := range tr.order {
		if !annotation.Wait(t.last) {
			continue
		}
		causes := tr.causes(t, mine[t], finding.Warning, now)
		all = append(all, causes...)
		if at, failed := t.failedAt(); failed && !at.After(now) && finding.Worst(causes) != finding.Error {
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
		causes := tr.causes(t, mine[t], finding.Error, now)
		all = append(all, t.deadline(timeout, causes))
		all = append(all, causes...)
	}
	return all
}

// causes joins the troubles of a workload and its pods: one finding for all pods that fail alike on one architecture.
// What is not permanent gets the severity given.
func (tr *tracker) causes(t *trackedObject, pods []*trackedPod, rest finding.Severity,
	now time.Time) []finding.Finding {
	type alike struct {
		code                           finding.Code
		architecture, container, image string
	}
	count := map[alike]int{}
	var order []alike
	first := map[alike]finding.Finding{}
	for _, p := range sorted(pods) {
		f := p.diagnosis.Finding
		if _, stable := p.stability.StableAt(p.Pod, tr.opts.StableFor); f == nil || stable && !p.diagnosis.Permanent {
			continue
		}
		a := alike{f.Code, f.Architecture, f.Container, f.Image}
		if count[a]++; count[a] == 1 {
			order = append(order, a)
			first[a] = tr.ofWorkload(t, p, rest, now)
		}
	}
	slices.SortStableFunc(order, func(x, y alike) int {
		return cmp.Or(cmp.Compare(x.architecture, y.architecture), cmp.Compare(x.container, y.container))
	})
	var findings []finding.Finding
	if f := t.refusal.Finding; f != nil {
		findings = append(findings, tr.severe(*f, t.refusal, t.refused, rest, now))
	}
	for _, a := range order {
		f := first[a]
		if n := count[a]; n > 1 {
			f.Message += fmt.Sprintf("\n%d pods of %s are in this state.", n, t.name)
		}
		findings = append(findings, f)
	}
	return findings
}

func (tr *tracker) ofWorkload(t *trackedObject, p *trackedPod, rest finding.Severity, now time.Time) finding.Finding {
	f := *p.diagnosis.Finding
	f.Object = t.id
	if t.isStuck(p) {
		f.Message += fmt.Sprintf("\nThis pod is of an earlier revision, and %s replaces no pod before it is ready.", t.name)
		f.Fix = fmt.Sprintf("Delete the pod, so that its controller makes it anew: kubectl delete pod -n %s %s", p.Namespace,
			p.Name)
	}
	if f.Code == finding.InsufficientCapacity && t.needsRoom() {
		f.Fix = "Pods of the revision before hold the nodes, and none ends before a new one is ready: let one end first, " +
			"by strategy.rollingUpdate {maxSurge: 0, maxUnavailable: 1}.\n" + f.Fix
	}
	return tr.severe(f, p.diagnosis, p.since, rest, now)
}

// needsRoom reports whether a Deployment ends no pod of the revision before until a new one is ready, and has such
// pods: maxUnavailable is 0 then, by itself or as a part of few replicas, and the update needs room for a pod more.
func (t *trackedObject) needsRoom() bool {
	if t.last.GetKind() != "Deployment" || replicas(t.last) <= count(t.last, "updatedReplicas") {
		return false
	}
	value, found, _ := unstructured.NestedFieldNoCopy(t.last.Object, "spec", "strategy", "rollingUpdate", "maxUnavailable")
	if !found {
		return false
	}
	unavailable := intstr.Parse(fmt.Sprint(value))
	n, err := intstr.GetScaledValueFromIntOrPercent(&unavailable, int(podcount.Wanted(t.last)), false)
	return err == nil && n == 0
}

// severe keeps the severity of what is permanent, and gives the rest the one given.
func (tr *tracker) severe(f finding.Finding, d finding.Diagnosis, since time.Time, rest finding.Severity,
	now time.Time) finding.Finding {
	if at, ok := tr.permanentAt(d, since); !ok || at.After(now) {
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
		Message: fmt.Sprintf("%s failed: %s.", t.name, finding.OneLine(t.status.Message)),
		Fix:     t.describe(),
	}
}

func (t *trackedObject) deadline(timeout time.Duration, causes []finding.Finding) finding.Finding {
	f := finding.Finding{
		Code: finding.Deadline, Severity: finding.Error, Object: t.id,
		Message: fmt.Sprintf("%s was not ready after %s: %s.", t.name, timeout,
			cmp.Or(finding.OneLine(t.status.Message), "it keeps changing")),
		Fix: t.describe() + " Or raise wait-timeout.",
	}
	if t.status.State == readiness.Ready {
		f.Message = fmt.Sprintf("%s was complete, but could not be watched for long enough to see that its pods last, "+
			"within %s.", t.name, timeout)
	}
	for _, c := range causes {
		f.Message += fmt.Sprintf(" Cause: %s: %s.", c.Code, reasonOf(c))
		f.Fix = c.Fix
	}
	return f
}

// reasonOf is what a finding says without the pod or workload that it begins with.
func reasonOf(f finding.Finding) string {
	line, _, _ := strings.Cut(f.Message, "\n")
	if _, reason, named := strings.Cut(line, ": "); named {
		line = reason
	}
	return finding.OneLine(line)
}

// held are the findings about pods that keep an older revision because their object asks for it: a warning where
// somebody paused it in the middle, and a note where it is set up so.
func (tr *tracker) held() []finding.Finding {
	var all []finding.Finding
	for _, t := range tr.order {
		held := t.heldBack()
		missing := podcount.Wanted(t.last) - replicas(t.last)
		if held.Pods == 0 && (!held.Paused || missing <= 0) {
			continue
		}
		f := finding.Finding{Code: finding.HeldBack, Severity: finding.Info, Object: t.id, Fix: held.Resume}
		if held.Paused {
			f.Severity = finding.Warning
		}
		what := fmt.Sprintf("%s an earlier revision", plural(held.Pods, "pod keeps", "pods keep"))
		if held.Pods == 0 {
			what = fmt.Sprintf("%s not created", plural(missing, "pod is", "pods are"))
		}
		f.Message = fmt.Sprintf("%s, %s: %s.", t.name, held.Why, what)
		all = append(all, f)
	}
	return all
}

// unjudged says once for each kind what does not hold the deploy up although nothing says that it is ready.
func (tr *tracker) unjudged(now time.Time) []finding.Finding {
	type alike struct{ version, kind, why string }
	var order []alike
	by := map[alike][]*trackedObject{}
	mine := tr.byWorkload()
	for _, t := range tr.order {
		at, done := t.doneAt(mine[t], tr.opts.StableFor)
		kindless := t.statusless && object.IsCustom(t.last) // as a ConfigMap, it is ready once applied
		if t.status.State != readiness.Unjudged || kindless || !done || at.After(now) {
			continue
		}
		a := alike{t.last.GetAPIVersion(), t.last.GetKind(), t.status.Message}
		if len(by[a]) == 0 {
			order = append(order, a)
		}
		by[a] = append(by[a], t)
	}
	var all []finding.Finding
	for _, a := range order {
		first := by[a][0]
		f := finding.Finding{Code: finding.NotJudged, Severity: finding.Info, Object: first.id,
			Message: fmt.Sprintf("%s was applied; whether it is ready is not known: %s.", first.name, a.why),
			Fix: "Say what ready means by the annotation " + annotation.ReadyKey + ", a CEL condition such as " +
				"object.status.phase == \"Running\"; or that it is not waited for: " + annotation.WaitKey + ": \"false\"."}
		if n := len(by[a]) - 1; n > 0 {
			f.Message += fmt.Sprintf(" So it is of %s of this kind.", plural(int64(n), "other object", "other objects"))
		}
		all = append(all, f)
	}
	return all
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
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
