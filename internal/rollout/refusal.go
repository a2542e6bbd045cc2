package rollout

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness"
	"github.com/multiarch-deploy/multiarch-deploy/internal/readiness/podcount"
)

// noteRefusals looks for controllers that cannot make their pods, and returns the findings that are new.
func (tr *tracker) noteRefusals(now time.Time) []finding.Finding {
	var fresh []finding.Finding
	for _, t := range tr.order {
		message := tr.refusalOf(t)
		if message == "" {
			t.refusal = finding.Diagnosis{}
			continue
		}
		if t.refusal.Finding == nil {
			t.refused = now
			t.refusal = finding.RefusedPods(t.id, t.name, t.last.GetNamespace(), message)
			fresh = append(fresh, *t.refusal.Finding)
		}
	}
	return fresh
}

// refusalOf returns why the API server refuses the pods of the object, or "". Deployments and ReplicaSets have a
// condition; the other controllers only emit events, which count while pods are missing.
func (tr *tracker) refusalOf(t *trackedObject) string {
	if t.first.IsZero() || t.ifFresh() == nil || t.status.State == readiness.Ready {
		return "" // until the watch shows the object, an event of an earlier deploy can't be told from one of this
	}
	if c := object.ConditionOf(t.last, "ReplicaFailure"); c.Status == "True" {
		return c.Message
	}
	if !lacksPods(t.last) {
		return ""
	}
	latest := corev1.Event{}
	for _, e := range tr.warnings[t.last.GetUID()] {
		if e.Reason == "FailedCreate" && !t.isOld(e) && !e.LastTimestamp.Before(&latest.LastTimestamp) {
			latest = e
		}
	}
	return latest.Message
}

// isOld reports whether an event is one of an earlier deploy. Clocks may differ by less than the minute that is
// allowed.
func (t *trackedObject) isOld(e corev1.Event) bool {
	last := e.LastTimestamp.Time
	if last.IsZero() {
		last = e.EventTime.Time
	}
	return !last.IsZero() && last.Before(t.first.Add(-time.Minute))
}

// lacksPods reports whether fewer pods exist than the object wants.
func lacksPods(u *unstructured.Unstructured) bool {
	switch u.GetKind() {
	case "Job":
		return count(u, "active")+count(u, "succeeded")+count(u, "ready") == 0
	case "DaemonSet":
		return count(u, "currentNumberScheduled") < count(u, "desiredNumberScheduled")
	}
	return replicas(u) < podcount.Wanted(u)
}

func replicas(u *unstructured.Unstructured) int64 { return count(u, "replicas") }

func count(u *unstructured.Unstructured, field string) int64 {
	n, _, _ := unstructured.NestedInt64(u.Object, "status", field)
	return n
}
