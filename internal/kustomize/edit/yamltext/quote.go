package yamltext

import (
	"encoding/json"
	"regexp"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// encode writes a value in the style of its neighbour: its quotes, or none where the value needs none.
// The value is printable ASCII (checkImages), so that JSON's quoting is YAML's.
func encode(value string, style yamlv3.Style) string {
	switch {
	case style&yamlv3.SingleQuotedStyle != 0:
		return "'" + strings.ReplaceAll(value, "'", "''") + "'"
	case style&yamlv3.DoubleQuotedStyle == 0 && IsPlainString(value):
		return value
	}
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // a string into memory cannot fail
	return strings.TrimSuffix(quoted.String(), "\n")
}

// IsPlainString reports whether a value without quotes reads as a string everywhere. Kustomize reads YAML 1.1, where
// 1_000, 0b1, 017, on and 12:30 are none, most other tools YAML 1.2; each library quotes by its own rules when it
// writes. Signs that mean something in flow style always ask for quotes.
func IsPlainString(value string) bool {
	if !plainSigns.MatchString(value) || float.MatchString(value) {
		return false
	}
	v1, err1 := yaml.Marshal(value)
	v2, err2 := yamlv3.Marshal(value)
	return err1 == nil && err2 == nil && string(v1) == value+"\n" && string(v2) == value+"\n"
}

var (
	plainSigns = regexp.MustCompile(`^[A-Za-z0-9._/][A-Za-z0-9._/@:+-]*$`)
	// A commit such as 12e03456 is a number too large for the libraries, and so a string to them, yet not to others.
	float = regexp.MustCompile(`^(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$`)
)
