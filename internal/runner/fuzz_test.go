package runner_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// FuzzPrint: no text is a workflow command, steers a terminal or shows a secret.
func FuzzPrint(f *testing.F) {
	for _, seed := range []string{
		"", "text", "::error::x", " \t::add-mask::x", "##[error]x", "#\x1b#[error]x", ":\u202e:set-output::x",
		"a\r::stop-commands::x",
		"\u2028::error::x", "\u0085::error::x", "\u00a0::error::x", "\xff::error::x", "s3cret", "s3\x1bcret",
		"Basic czNjcmV0czNjcmV0", "https://u:p@h",
	} {
		f.Add(seed, "s3cret")
		f.Add("\n"+seed, seed)
	}
	f.Fuzz(func(t *testing.T, text, secret string) {
		var log bytes.Buffer
		r := runner.New(&log, onRunner)
		r.Learn(secret)
		r.Print(text)
		for line := range strings.Lines(log.String()) {
			if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
				t.Errorf("the runner would obey %q", line)
			}
		}
		for _, letter := range strings.TrimSuffix(log.String(), "\n") {
			if letter != '\n' && letter != '\t' && (unicode.IsControl(letter) || unicode.Is(unicode.Bidi_Control, letter)) {
				t.Errorf("%q is in %q", letter, log.String())
			}
		}
	})
}
