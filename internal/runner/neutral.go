package runner

import (
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
)

// zeroWidthSpace is invisible in the log and keeps a line from being read as a command.
const zeroWidthSpace = "\u200b"

// Neutralize returns text that the runner prints and never obeys. The runner takes a line as a command when it starts
// with "::" (leading white space aside) or contains "##[" anywhere
// (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs). Characters that hide where a line
// starts are left out first.
func Neutralize(text string) string {
	text = redact.Printable(text)
	text = strings.ReplaceAll(text, "##[", "#"+zeroWidthSpace+"#[")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			lines[i] = strings.Replace(line, "::", ":"+zeroWidthSpace+":", 1)
		}
	}
	return strings.Join(lines, "\n")
}
