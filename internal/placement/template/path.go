package template

import (
	"slices"
	"strconv"
	"strings"
)

// Path leads from an object to a field: the names of fields, and the indexes of lists, from 0.
type Path []string

// String is a JSON pointer (https://www.rfc-editor.org/rfc/rfc6901).
func (p Path) String() string {
	var text strings.Builder
	for _, key := range p {
		text.WriteString("/" + escaped.Replace(key))
	}
	return text.String()
}

var escaped = strings.NewReplacer("~", "~0", "/", "~1")

// To returns the path to a field below.
func (p Path) To(keys ...string) Path { return slices.Concat(p, keys) }

// In returns the map that the path leads to in an object's fields; nil where it leads to none.
func (p Path) In(fields map[string]any) map[string]any {
	at, _ := p.in(fields).(map[string]any)
	return at
}

func (p Path) in(fields map[string]any) any {
	var at any = fields
	for _, key := range p {
		at = step(at, key)
	}
	return at
}

// step returns what is under a key of a map, or at an index of a list; nil where nothing is.
func step(at any, key string) any {
	switch at := at.(type) {
	case map[string]any:
		return at[key]
	case []any:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(at) {
			return at[i]
		}
	}
	return nil
}

// ThroughList reports whether a list is on the way in an object's fields. A patch that merges can't address its
// elements.
func (p Path) ThroughList(fields map[string]any) bool {
	for n := range p {
		if _, isList := p[:n].in(fields).([]any); isList {
			return true
		}
	}
	return false
}

func (p Path) last() string {
	if len(p) == 0 {
		return ""
	}
	return p[len(p)-1]
}

// short leaves out the end that all templates share.
func (p Path) short() Path {
	short := p
	for len(short) > 1 && (short.last() == "spec" || short.last() == "template") {
		short = short[:len(short)-1]
	}
	return short
}
