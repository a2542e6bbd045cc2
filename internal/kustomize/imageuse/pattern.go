package imageuse

import (
	"regexp"
	"strings"
)

// Pattern is how kustomize compares a reference with the name of an entry, which is a regular expression to it:
// https://pkg.go.dev/sigs.k8s.io/kustomize/api/filters/imagetag
type Pattern struct {
	expression *regexp.Regexp // nil matches nothing
	beginning  string
}

// NewPattern returns the pattern of an entry's name.
func NewPattern(name string) Pattern {
	expression, err := regexp.Compile("^" + name +
		"(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$")
	if err != nil {
		return Pattern{}
	}
	p := Pattern{expression: expression}
	// Of "a|b" only a is bound to the beginning. The literal of a name that begins with ^ is "".
	if alone, err := regexp.Compile(name); err == nil && !strings.Contains(name, "|") {
		p.beginning, _ = alone.LiteralPrefix()
	}
	return p
}

// Matches reports whether the entry changes a reference.
func (p Pattern) Matches(reference string) bool {
	return p.expression != nil && strings.HasPrefix(reference, p.beginning) && p.expression.MatchString(reference)
}
