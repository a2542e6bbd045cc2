package console

import (
	"regexp"
	"strings"
)

// rule replaces what chance decides. A rule knows what it replaces by its column and shape, so that no rule depends on
// another that came before: names, ages and digests look alike in part.
type rule struct {
	pattern *regexp.Regexp
	with    string
}

// age is how long ago something was, or how long it took.
const age = `(?:\d+m)?\d+(?:\.\d+)?s`

// podSuffix is what a Deployment's pods have behind its name: a hash of their template, of the letters that
// SafeEncodeString makes of digits, and five letters of chance (k8s.io/apimachinery/pkg/util/rand).
const podSuffix = `-[4-9bcdf]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}`

// chance is all that may differ between two runs of one command, and what it is taken for. Nothing else may.
var chance = []rule{
	// Trailing blanks are kubectl's, which pads the last column too.
	{regexp.MustCompile(`(?m)[ \t]+$`), ""},
	// A step that takes a second or more says so, and a rollout shows now and then how far it is and what waits.
	{regexp.MustCompile(`(?m)^  \d+\.\ds\n`), ""},
	{regexp.MustCompile(`(?m)^  \S+ \d+/\d+ ready.*\n`), ""},
	{regexp.MustCompile(`(?m)^  Pod \S+ waits for a node: .*\n`), ""},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "2026-01-01T00:00:00Z"},
	// How often a container was restarted when someone looked.
	{regexp.MustCompile(`\b\d+ \(` + age + ` ago\)`), "0 (0s ago)"},
	{regexp.MustCompile(`\b127\.0\.0\.1:\d+\b`), "127.0.0.1:0"},
	{regexp.MustCompile(`\b10\.1\d\d\.0\.\d+\b`), "10.0.0.0"}, // a pod's address
	// Digests change with the release of Go that compiles the sample, and git's with them.
	{regexp.MustCompile(`\bsha256:[0-9a-f]{12,64}\b`), "sha256:0"},
	{regexp.MustCompile(`"[0-9a-f]{64}"`), `"0"`}, // a container's ID
	{regexp.MustCompile(`\bindex [0-9a-f]{7,40}\.\.[0-9a-f]{7,40}\b`), "index 0..0"},
	{regexp.MustCompile(podSuffix + `\b`), "-0-0"},
	{regexp.MustCompile(`-[4-9bcdf]{6,10}-"`), `-0-"`}, // a pod that could not be made has no letters of chance yet
	// A node that waits between two tries to pull says so before it says why.
	{regexp.MustCompile(`Back-off pulling image "\S+": ErrImagePull: `), ""},
	// Of several pods in one state a finding names one.
	{regexp.MustCompile(`(Pod \S+) on \S+ \((amd64|arm64)\)`), "$1 on a node ($2)"},
	// The columns of a table are as wide as the names in them.
	{regexp.MustCompile(`(\S) {2,}`), "$1  "},
}

var (
	// word is a word behind another, or in parentheses: the first column of a table is a name, whatever it looks like.
	word    = regexp.MustCompile(`[ \t(][^\s()]+`)
	wordAge = regexp.MustCompile(`^[ \t(]` + age + `([.,:;]?)$`)
)

// Normalize replaces in an output what chance decides.
func Normalize(output string) string { return normalize(output, chance) }

func normalize(output string, rules []rule) string {
	for _, r := range rules {
		output = r.pattern.ReplaceAllString(output, r.with)
	}
	return word.ReplaceAllStringFunc(output, func(word string) string {
		return wordAge.ReplaceAllString(word, word[:1]+"0s$1")
	})
}

// omitted stands in a page for lines that are left out, or for none.
var omitted = regexp.MustCompile(`(?m)^…\n`)

// Same reports whether an output is what a page says, save for what chance decides.
func Same(page, output string) bool {
	said := omitted.Split(Normalize(page), -1)
	for i := range said {
		said[i] = regexp.QuoteMeta(said[i])
	}
	return regexp.MustCompile("^" + strings.Join(said, `(?:.*\n)*`) + "$").MatchString(Normalize(output))
}

// Gap returns the first line of a page's output that a command did not print in its place, or "" where it printed all
// of them and more.
func Gap(page, output string) string {
	lines := strings.SplitAfter(page, "\n")
	for i, line := range lines {
		if !Same(strings.Join(lines[:i+1], "")+"…\n", output) {
			return line
		}
	}
	return ""
}
