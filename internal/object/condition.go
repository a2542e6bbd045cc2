package object

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Condition is one entry of a list of conditions, with the fields that most kinds have:
// https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
type Condition struct {
	Type string
	// Status is "True", "False" or "Unknown".
	Status          string
	Reason, Message string
	// ObservedGeneration is the generation that the condition is about, 0 where the controller does not report one.
	ObservedGeneration int64
}

// Conditions returns the entries of status.conditions. Entries that are no conditions are left out.
func Conditions(u *unstructured.Unstructured) []Condition {
	return ConditionsAt(u.Object, "status", "conditions")
}

// ConditionsAt returns the conditions in the list at the path.
func ConditionsAt(fields map[string]any, path ...string) []Condition {
	items, _, _ := unstructured.NestedFieldNoCopy(fields, path...)
	list, _ := items.([]any)
	var all []Condition
	for _, item := range list {
		entry, _ := item.(map[string]any)
		c := Condition{
			Type: text(entry["type"]), Status: text(entry["status"]),
			Reason: text(entry["reason"]), Message: text(entry["message"]),
		}
		c.ObservedGeneration, _ = entry["observedGeneration"].(int64)
		if c.Type != "" {
			all = append(all, c)
		}
	}
	return all
}

// ConditionOf returns the entry of status.conditions of the type; the zero Condition when there is none.
func ConditionOf(u *unstructured.Unstructured, kind string) Condition {
	for _, c := range Conditions(u) {
		if c.Type == kind {
			return c
		}
	}
	return Condition{}
}

// IsReady reports whether a pod's condition Ready is True.
func IsReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// text accepts statuses that are booleans, too, as some controllers write them.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return map[bool]string{true: "True", false: "False"}[v]
	}
	return fmt.Sprint(value)
}
