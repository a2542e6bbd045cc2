package markdown

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/multiarch-deploy/multiarch-deploy/internal/redact"
)

// labelLength keeps a box from growing wider than its column.
const labelLength = 36

// Label writes a name so that Mermaid reads nothing else in it. Punctuation is written as its code in decimal
// (https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters), which ends no label; but Mermaid
// looks for Markdown, HTML and math once these are decoded, so what no name in Kubernetes can hold is a question mark.
func Label(name string) string {
	letters := []rune(strings.Join(strings.Fields(redact.OneLine(name)), " "))
	if len(letters) > labelLength {
		letters = append(letters[:labelLength-1], '…')
	}
	var text strings.Builder
	for _, r := range letters {
		switch {
		case r == ' ', r == '-', r == '/', unicode.IsLetter(r), unicode.IsDigit(r):
			text.WriteRune(r)
		case r == '.': // a space without width keeps Mermaid 11.4 from failing at an address such as www.example.com
			text.WriteString("#8203;#46;")
		case strings.ContainsRune(",·…", r):
			fmt.Fprintf(&text, "#%d;", r)
		default:
			text.WriteString("?")
		}
	}
	return text.String()
}
