package finding

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// PlainText drops from a text of a cluster or registry what could act on a terminal or hide text: control characters,
// the starts of escape sequences, bidirectional controls, invalid UTF-8. Line ends stay.
func PlainText(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		if r == '\t' {
			return ' '
		}
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text))
}

// OneLine makes a text of a cluster or registry fit into a sentence: plain, one line, no final stop, 500 bytes at most.
func OneLine(text string) string {
	const limit = 500
	text = strings.Join(strings.Fields(PlainText(text)), " ")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return strings.TrimRight(text, ". ")
}

// forbiddenPod is what the API server puts before the reason why it makes no pod.
var forbiddenPod = regexp.MustCompile(`^.*?(pods "[^"]*" is forbidden|Pod "[^"]*" is invalid): `)

// WithoutPodName drops from the API server's refusal of a pod the name of the pod, which is chance and does not exist.
func WithoutPodName(refusal string) string { return forbiddenPod.ReplaceAllString(refusal, "") }

// Counted is a number of things in words: "1 object", "2 objects".
func Counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

var dryRun = regexp.MustCompile(`(?i)\bdry[- ]?run`)

// RefusesDryRuns reports whether an answer to a dry run is about its being one: a webhook with side effects is not
// asked in dry runs, and some webhooks refuse these themselves. What would be answered otherwise is not known.
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#side-effects
func RefusesDryRuns(err error) bool {
	return err != nil && strings.Contains(err.Error(), "admission webhook") && dryRun.MatchString(err.Error())
}

// Few names at most three of several, and counts the rest.
func Few(words []string) string {
	const shown = 3
	if more := len(words) - shown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(words[:shown], ", "), more)
	}
	return platform.Conjoin(words)
}
