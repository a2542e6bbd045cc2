package origin

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/resource"
	sigsyaml "sigs.k8s.io/yaml"
)

// Kustomize notes in each object each entry of images, patches and the like that it went through, as soon as origins
// are asked for, and reads and writes that list anew for each further entry. So its time grows with the square of the
// entries: 100 of them on 100 objects take 10 s, of which the entries themselves take a tenth. Where a kustomization
// has many, the origins come from a pass of their own, without the entries.

// A kustomization has many entries where it has more than MaxEntries, or all of them together more than MaxAllEntries.
// With fewer, one pass is faster than two.
const (
	MaxEntries    = 12
	MaxAllEntries = 500
)

// ErrMany ends a pass that asks for origins. Kustomize does not hand it on.
var ErrMany = errors.New("there are too many entries for a pass with origins")

// entryLists are the fields of which each entry is a transformer of its own to kustomize.
var entryLists = []string{"images", "patches", "patchesJson6902", "patchesStrategicMerge", "replicas", "labels"}

// unoriginal are the fields that make no objects, and change none so that its origin could not be found again.
var unoriginal = append(entryLists, "commonLabels", "commonAnnotations", "replacements", "vars",
	"validators")

// Entries counts the entries of a kustomization. What can't be read has none; kustomize reports it.
func Entries(content []byte) int {
	fields, err := fieldsOf(content)
	if err != nil {
		return 0
	}
	total := 0
	for name, value := range fields {
		var list []json.RawMessage
		if isOneOf(entryLists, name) && json.Unmarshal(value, &list) == nil {
			total += len(list)
		}
	}
	return total
}

// Bare is a kustomization without what is not needed to find origins.
func Bare(content []byte) []byte {
	fields, err := fieldsOf(content)
	if err != nil {
		return content
	}
	for name := range fields {
		if isOneOf(unoriginal, name) {
			delete(fields, name)
		}
	}
	edited, err := json.Marshal(fields)
	if err != nil {
		return content
	}
	return edited
}

func fieldsOf(content []byte) (map[string]json.RawMessage, error) {
	data, err := sigsyaml.YAMLToJSON(content)
	if err != nil {
		return nil, err
	}
	fields := map[string]json.RawMessage{}
	return fields, json.Unmarshal(data, &fields)
}

// isOneOf compares as encoding/json does, and so kustomize.
func isOneOf(fields []string, name string) bool {
	return slices.ContainsFunc(fields, func(field string) bool { return strings.EqualFold(field, name) })
}

// Learnt are the annotations of origins from a pass of their own, in its order. The zero value knows none.
type Learnt struct {
	names   []Named
	origins []string
	byName  map[Named]string
}

// Learn notes the origins of a pass, in its order.
func (l *Learnt) Learn(all []*resource.Resource) {
	l.byName = map[Named]string{}
	for _, res := range all {
		name := Named{res.GetKind(), res.GetName(), res.GetNamespace()}
		origin := res.GetAnnotations()[Annotation]
		l.names, l.origins = append(l.names, name), append(l.origins, origin)
		l.byName[name] = origin
	}
}

// Origin is that of the object at an index of total. The order is the same unless a patch deletes an object.
func (l *Learnt) Origin(i, total int, name Named) string {
	if total == len(l.names) && l.names[i].Kind == name.Kind {
		return l.origins[i]
	}
	return l.byName[name]
}
