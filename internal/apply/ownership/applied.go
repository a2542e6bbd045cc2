package ownership

import (
	"maps"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// IsApplied reports whether the live object proves that applying desired once more would change nothing: manager's
// last apply, at the same version, set exactly the fields that desired sets, each still has that value, and no one
// else owns any of them. Where there is any doubt (a quantity that was normalised, a list in another order, a deletion
// under way) it is false, and a dry run decides. It asks no admission webhook: one that was added since is not heard.
func IsApplied(live, desired *unstructured.Unstructured, manager string) bool {
	if live.GetDeletionTimestamp() != nil || live.GetAPIVersion() != desired.GetAPIVersion() {
		return false
	}
	ours, others := entriesOf(live, manager)
	if len(ours) == 0 { // what was applied may set nothing, such as a Namespace that is its name alone
		return len(owned(desired)) == 0
	}
	if len(ours) != 1 || ours[0].APIVersion != desired.GetAPIVersion() {
		return false
	}
	for _, other := range others {
		if overlap(ours[0].Fields, other.Fields) {
			return false
		}
	}
	return isApplied(owned(desired), live.Object, ours[0].Fields)
}

// entriesOf distinguishes the entries of the manager's applies from all others.
func entriesOf(u *unstructured.Unstructured, manager string) (ours, others []Entry) {
	for _, entry := range Entries(u) {
		if entry.isApplyOf(manager) {
			ours = append(ours, entry)
		} else {
			others = append(others, entry)
		}
	}
	return ours, others
}

// overlap reports whether two sets have a field in common. Of what both have fields below, "." is not one.
func overlap(a, b map[string]any) bool {
	for path, inA := range a {
		inB, both := b[path]
		if !both || path == "." {
			continue
		}
		below, _ := inA.(map[string]any)
		belowB, _ := inB.(map[string]any)
		if len(below) == 0 || len(belowB) == 0 || overlap(below, belowB) {
			return true
		}
	}
	return false
}

// owned is what of a manifest a manager comes to own: all but what names the object.
func owned(desired *unstructured.Unstructured) map[string]any {
	top := maps.Clone(desired.Object)
	delete(top, "apiVersion")
	delete(top, "kind")
	metadata, _ := top["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	delete(metadata, "name")
	delete(metadata, "namespace")
	if metadata["creationTimestamp"] == nil { // as tools write it that marshal Go structs
		delete(metadata, "creationTimestamp")
	}
	top["metadata"] = metadata
	if len(metadata) == 0 {
		delete(top, "metadata")
	}
	return top
}

// isApplied reports whether fields are exactly those that desired has, and live has each with its value.
func isApplied(desired, live any, fields map[string]any) bool {
	if desired == nil {
		return false
	}
	if len(fields) == 0 {
		return reflect.DeepEqual(desired, live)
	}
	switch d := desired.(type) {
	case map[string]any:
		l, isMap := live.(map[string]any)
		return isMap && areFieldsApplied(d, l, fields)
	case []any:
		l, isList := live.([]any)
		return isList && areItemsApplied(d, l, fields)
	default:
		return false
	}
}

func areFieldsApplied(desired, live, fields map[string]any) bool {
	if len(desired) != count(fields, "f:") || len(desired) == 0 {
		return false
	}
	for name, value := range desired {
		sub, ours := fields["f:"+name].(map[string]any)
		now, there := live[name]
		if !ours || !there || !isApplied(value, now, sub) {
			return false
		}
	}
	return true
}

// areItemsApplied goes by the place: an item of someone else, or another order, is a doubt.
func areItemsApplied(desired, live []any, fields map[string]any) bool {
	if len(desired) != len(live) || len(desired) != count(fields, "k:")+count(fields, "v:") {
		return false
	}
	for i, item := range desired {
		found := false
		for path, sub := range fields {
			below, _ := sub.(map[string]any)
			if selects(path, i, live[i]) && isApplied(item, live[i], below) {
				found = true
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func count(fields map[string]any, prefix string) int {
	n := 0
	for path := range fields {
		if strings.HasPrefix(path, prefix) {
			n++
		}
	}
	return n
}
