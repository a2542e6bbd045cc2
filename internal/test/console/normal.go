package console

import (
	"regexp"
	"strings"
)

// chance is all that may differ between two runs of one command, and what it is taken for. Nothing else may.
var chance = []struct {
	pattern *regexp.Regexp
	with    string
}{
	// Trailing blanks are kubectl's, which pads the last column too.
	{regexp.MustCompile(`(?m)[ \t]+$`), ""},
	// A step that takes a second or more says so, and a rollout shows now and then how far it is and what waits.
	{regexp.MustCompile(`(?m)^  \d+\.\ds\n`), ""},
	{regexp.MustCompile(`(?m)^  \S+ \d+/\d+ ready.*\n`), ""},
	{regexp.MustCompile(`(?m)^  Pod \S+ waits for a node: .*\n`), ""},
	{regexp.MustCompile(`\b(\d+m)?\d+(\.\d+)?s\b`), "0s"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "2026-01-01T00:00:00Z"},
	// How often a container was restarted when someone looked.
	{regexp.MustCompile(`\b\d+ \(0s ago\)`), "0 (0s ago)"},
	{regexp.MustCompile(`\b127\.0\.0\.1:\d+\b`), "127.0.0.1:0"},
	{regexp.MustCompile(`\b10\.1\d\d\.0\.\d+\b`), "10.0.0.0"}, // a pod's address
	// Digests change with the release of Go that compiles the sample, and git's with them.
	{regexp.MustCompile(`\bsha256:[0-9a-f]{12,64}\b`), "sha256:0"},
	{regexp.MustCompile(`"[0-9a-f]{64}"`), `"0"`}, // a container's ID
	{regexp.MustCompile(`\bindex [0-9a-f]{7,40}\.\.[0-9a-f]{7,40}\b`), "index 0..0"},
	// A pod's name ends in a hash of its template, which holds the digest or the registry's port, and in five letters.
	{regexp.MustCompile(`-[0-9a-f]{6,10}-[0-9a-z]{5}\b`), "-0-0"},
	// A node that waits between two tries to pull says so before it says why.
	{regexp.MustCompile(`Back-off pulling image "\S+": ErrImagePull: `), ""},
	// Of several pods in one state a finding names one.
	{regexp.MustCompile(`(Pod \S+) on \S+ \((amd64|arm64)\)`), "$1 on a node ($2)"},
	// The columns of a table are as wide as the names in them.
	{regexp.MustCompile(`(\S) {2,}`), "$1  "},
}

// Normalize replaces in an output what chance decides.
func Normalize(output string) string {
	for _, c := range chance {
		output = c.pattern.ReplaceAllString(output, c.with)
	}
	return output
}

// omitted stands in a page for lines that are left out, or for none.
var omitted = regexp.MustCompile(`(?m)^…\n`)

// Same tells whether an output is what a page says, save for what chance decides.
func Same(page, output string) bool {
	said := omitted.Split(Normalize(page), -1)
	for i := range said {
		said[i] = regexp.QuoteMeta(said[i])
	}
	return regexp.MustCompile("^" + strings.Join(said, `(?:.*\n)*`) + "$").MatchString(Normalize(output))
}
