// Package ownership reads which fields of an object a field manager owns.
package ownership

import (
	"maps"
	"reflect"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/json"
)

// A field set is what managedFields says a manager owns, the format FieldsV1: "f:NAME" is a field of a map,
// "k:KEYS" the list item with these keys, "v:VALUE" an item of a set, "i:INDEX" an item by its place, "." the
// thing itself; a set with nothing in it is the whole value.
// See https://github.com/kubernetes-sigs/structured-merge-diff, fieldpath/serialize-pe.go.

// Union returns the fields that are in either set.
func Union(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	for path, fields := range b {
		inA, _ := all[path].(map[string]any)
		inB, _ := fields.(map[string]any)
		if inA != nil && len(inA) == 0 {
			continue // the whole value already
		}
		if len(inB) == 0 {
			all[path] = map[string]any{}
			continue
		}
		all[path] = Union(inA, inB)
	}
	return all
}

// Pick returns the part of value that fields names, as far as it is there.
func Pick(value any, fields map[string]any) any {
	if len(fields) == 0 {
		return value
	}
	switch v := value.(type) {
	case map[string]any:
		return PickFields(v, fields)
	case []any:
		return pickItems(v, fields)
	default:
		return value
	}
}

// PickFields returns the part of the map from that fields names, as far as it is there.
func PickFields(from, fields map[string]any) map[string]any {
	picked := map[string]any{}
	for path, sub := range fields {
		name, isField := strings.CutPrefix(path, "f:")
		value, there := from[name]
		if isField && there {
			below, _ := sub.(map[string]any)
			picked[name] = Pick(value, below)
		}
	}
	return picked
}

// pickItems keeps the order of the list. An item gets the keys that are owned: one that is not has its default,
// such as a port's protocol, and leaving it out once more keeps it from being owned.
func pickItems(from []any, fields map[string]any) []any {
	picked := []any{}
	for i, item := range from {
		for path, sub := range fields {
			if selects(path, i, item) {
				below, _ := sub.(map[string]any)
				picked = append(picked, Pick(item, below))
			}
		}
	}
	return picked
}

// selects says whether path names the item at index i.
func selects(path string, i int, item any) bool {
	kind, text, _ := strings.Cut(path, ":")
	switch kind {
	case "k":
		var keys map[string]any
		fields, isMap := item.(map[string]any)
		return isMap && json.Unmarshal([]byte(text), &keys) == nil && contains(fields, keys)
	case "v":
		var value any
		return json.Unmarshal([]byte(text), &value) == nil && reflect.DeepEqual(value, item)
	default:
		return kind == "i" && text == strconv.Itoa(i)
	}
}

func contains(fields, part map[string]any) bool {
	for name, value := range part {
		if !reflect.DeepEqual(fields[name], value) {
			return false
		}
	}
	return true
}
